from django.contrib.admin import AdminSite


class MinistrySite(AdminSite):
    pass
