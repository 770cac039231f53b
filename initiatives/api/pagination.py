from rest_framework.pagination import CursorPagination


class ByNewest(CursorPagination):
    ordering = "-id"
