"""The addresses of the admin's own pages."""

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from initiatives.admin import accounts, cases, claims, deadlines, deciding, disbursements, paying, periods, proposing, receiving, reconciling, second_step, settling, undoing


def addresses(site: AdminSite) -> list[URLPattern]:
    inside = site.admin_view
    return [
        path("ensomhed/user/<int:number>/factor/", inside(second_step.reset), name="ensomhed_user_factor"),
        path("initiatives/payment/register/", inside(disbursements.register), name="initiatives_payment_register"),
        path("initiatives/payment/repay/", inside(undoing.repay), name="initiatives_payment_repay"),
        path("initiatives/payment/propose/", inside(proposing.propose), name="initiatives_payment_propose"),
        path("initiatives/claim/raise/", inside(claims.raise_claim), name="initiatives_claim_raise"),
        path("initiatives/claim/account/", inside(claims.receiving_account), name="initiatives_receiving_account"),
        path("initiatives/claim/<int:number>/match/", inside(claims.match), name="initiatives_claim_match"),
        path("initiatives/claim/<int:number>/withdraw/", inside(claims.withdraw), name="initiatives_claim_withdraw"),
        path("initiatives/accounts/", inside(accounts.listed), name="initiatives_accounts_list"),
        path("initiatives/accounts/receive/<slug:slug>/", inside(accounts.receive), name="initiatives_accounts_receive"),
        path("initiatives/accounts/<int:number>/", inside(accounts.check), name="initiatives_accounts_check"),
        path("initiatives/accounts/<int:number>/disallow/", inside(accounts.disallow), name="initiatives_accounts_disallow"),
        path("initiatives/window/propose/", inside(proposing.propose_window), name="initiatives_window_propose"),
        path("initiatives/payment/waiting/", inside(settling.queue), name="initiatives_payment_waiting"),
        path("initiatives/payment/<int:number>/settle/", inside(settling.settle), name="initiatives_payment_settle"),
        path("initiatives/payment/<int:number>/reverse/", inside(undoing.reverse), name="initiatives_payment_reverse"),
        path("initiatives/window/<int:number>/settle/", inside(settling.settle_window), name="initiatives_window_settle"),
        path("initiatives/grantee/propose/", inside(receiving.propose_grantee), name="initiatives_grantee_propose"),
        path("initiatives/grantee/<int:number>/propose/", inside(receiving.propose_grantee), name="initiatives_grantee_change_propose"),
        path("initiatives/grantee/<int:number>/details/", inside(receiving.propose_details), name="initiatives_grantee_details"),
        path("initiatives/grantee/<int:number>/handlers/", inside(receiving.handlers), name="initiatives_grantee_handlers"),
        path("initiatives/proposal/<int:number>/settle/", inside(deciding.settle), name="initiatives_proposal_settle"),
        path("initiatives/paymentfile/", inside(paying.show_files), name="initiatives_paymentfile_list"),
        path("initiatives/paymentfile/release/", inside(paying.release), name="initiatives_paymentfile_release"),
        path("initiatives/paymentfile/<int:number>/", inside(paying.show_file), name="initiatives_paymentfile_show"),
        path("initiatives/paymentfile/<int:number>/fetch/", inside(paying.fetch), name="initiatives_paymentfile_fetch"),
        path("initiatives/bankstatement/", inside(reconciling.overview), name="initiatives_bankstatement_list"),
        path("initiatives/bankstatement/upload/", inside(reconciling.upload), name="initiatives_bankstatement_upload"),
        path("initiatives/bankstatement/<int:number>/", inside(reconciling.show_statement), name="initiatives_bankstatement_show"),
        path("initiatives/bankline/<int:number>/reverse/", inside(reconciling.reverse_returned), name="initiatives_bankline_reverse"),
        path("initiatives/explanation/<str:kind>/<int:number>/", inside(reconciling.explain), name="initiatives_explanation_propose"),
        path("initiatives/period/<str:code>/reopen/", inside(deciding.reopen), name="initiatives_period_reopen"),
        path("initiatives/case/", inside(cases.listed), name="initiatives_case_list"),
        path("initiatives/case/<int:number>/", inside(cases.show), name="initiatives_case_show"),
        path("initiatives/deadline/<int:number>/receive/", inside(deadlines.receive), name="initiatives_deadline_receive"),
        path("initiatives/deadline/<int:number>/extend/", inside(deadlines.extend), name="initiatives_deadline_extend"),
        path("initiatives/deadline/<int:number>/override/", inside(deadlines.override), name="initiatives_deadline_override"),
        path("initiatives/receipt/<int:number>/reject/", inside(deadlines.reject), name="initiatives_receipt_reject"),
        path("initiatives/period/<str:code>/close/", inside(periods.close), name="initiatives_period_close"),
    ]
