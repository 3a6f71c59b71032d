"""Every address of the desk."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from cashdesk.views import (
    accounts,
    billing,
    checking,
    customer,
    deposits,
    failures,
    health,
    history,
    movement,
    payment,
    preferences,
    refreshing,
    reports,
    search,
    sheets,
    shift,
    shifts,
    sign_in,
    till,
    undoing,
)

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="search"), name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("cashdesk/login/", sign_in.sign_in, name="login"),
    path("cashdesk/logout/", sign_in.sign_out, name="logout"),
    path("cashdesk/password/", sign_in.password, name="password"),
    path("cashdesk/", search.search, name="search"),
    path("cashdesk/customers/<int:pk>/", customer.customer, name="customer"),
    path("cashdesk/customers/<int:pk>/preview/", customer.preview, name="preview"),
    path("cashdesk/customers/<int:pk>/refresh/", refreshing.refresh, name="refresh"),
    path("cashdesk/payments/<uuid:key>/", payment.receipt, name="receipt"),
    path("cashdesk/payments/<uuid:key>/receipt.pdf", payment.receipt_pdf, name="receipt_pdf"),
    path("cashdesk/payments/<uuid:key>/print/", payment.printed, name="print"),
    path("cashdesk/payments/<uuid:key>/give-up/", payment.abandon, name="give_up"),
    path("cashdesk/payments/<uuid:key>/reverse/", undoing.reverse, name="reverse"),
    path("cashdesk/payments/<uuid:key>/move/", undoing.move, name="move"),
    path("r/<str:token>", checking.check, name="check"),
    path("cashdesk/history/", history.history, name="history"),
    path("cashdesk/history.csv", history.history_csv, name="history_csv"),
    path("cashdesk/history.xlsx", sheets.history_xlsx, name="history_xlsx"),
    path("cashdesk/till.xlsx", sheets.till_xlsx, name="till_xlsx"),
    path("cashdesk/till/", till.till, name="till"),
    path("cashdesk/shift/", shift.shift, name="shift"),
    path("cashdesk/shifts/", shifts.shifts, name="shifts"),
    path("cashdesk/shifts/new/", shifts.shift_new, name="shift_new"),
    path("cashdesk/shifts/<int:pk>/", shifts.shift_report, name="shift_report"),
    path("cashdesk/deposits/", deposits.deposits, name="deposits"),
    path("cashdesk/deposits/new/", deposits.deposit_new, name="deposit_new"),
    path("cashdesk/deposits/history/", deposits.deposit_history, name="deposit_history"),
    path("cashdesk/deposits/history.csv", deposits.deposit_history_csv, name="deposit_history_csv"),
    path("cashdesk/deposits/history.xlsx", sheets.deposit_history_xlsx, name="deposit_history_xlsx"),
    path("cashdesk/deposits/<int:pk>/", deposits.deposit, name="deposit"),
    path("cashdesk/movements/<int:pk>/", movement.movement, name="movement"),
    path("cashdesk/reports/day/", reports.report_day, name="report_day"),
    path("cashdesk/reports/day.csv", reports.report_day_csv, name="report_day_csv"),
    path("cashdesk/reports/day.xlsx", reports.report_day_xlsx, name="report_day_xlsx"),
    path("cashdesk/reports/accounts/", accounts.accounts, name="accounts"),
    path("cashdesk/reports/accounts.csv", accounts.accounts_csv, name="accounts_csv"),
    path("cashdesk/billing/", billing.billing, name="billing"),
    path("cashdesk/billing/hook/", refreshing.hook, name="billing_hook"),
    path("cashdesk/billing/parts/<int:pk>/", billing.part, name="billing_part"),
    path("cashdesk/billing/differences/", billing.differences, name="billing_differences"),
    path("cashdesk/billing/differences.csv", billing.differences_csv, name="billing_differences_csv"),
    path("cashdesk/preferences/", preferences.preferences, name="preferences"),
    path("cashdesk/keyboard/", preferences.keyboard, name="keyboard"),
    path("admin/", admin.site.urls),
]

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.server_error
