"""The addresses of the admin's own pages."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from initiatives.admin import deciding, disbursements, periods, proposing, settling, undoing


def addresses(site: AdminSite) -> list[URLPattern]:
    inside = site.admin_view
    return [
        path("initiatives/payment/register/", inside(disbursements.register), name="initiatives_payment_register"),
        path("initiatives/payment/repay/", inside(undoing.repay), name="initiatives_payment_repay"),
        path("initiatives/payment/propose/", inside(proposing.propose), name="initiatives_payment_propose"),
        path("initiatives/window/propose/", inside(proposing.propose_window), name="initiatives_window_propose"),
        path("initiatives/payment/waiting/", inside(settling.queue), name="initiatives_payment_waiting"),
        path("initiatives/payment/<int:number>/settle/", inside(settling.settle), name="initiatives_payment_settle"),
        path("initiatives/payment/<int:number>/reverse/", inside(undoing.reverse), name="initiatives_payment_reverse"),
        path("initiatives/window/<int:number>/settle/", inside(settling.settle_window), name="initiatives_window_settle"),
        path("initiatives/proposal/<int:number>/settle/", inside(deciding.settle), name="initiatives_proposal_settle"),
        path("initiatives/period/<str:code>/reopen/", inside(deciding.reopen), name="initiatives_period_reopen"),
        path("initiatives/period/<str:code>/close/", inside(periods.close), name="initiatives_period_close"),
    ]
