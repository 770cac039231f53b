"""The API, version 1: HTTP around the same verbs and questions as the pages. No rule lives here.

A token is made by the operator, on the server: `manage.py drf_create_token <username>`; with `-r` the old one stops working. It registers, withdraws and rejects as
that person may, and never approves.
"""
