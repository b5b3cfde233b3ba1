#!/usr/bin/env python3
# SPDX-License-Identifier: PostgreSQL
"""The importer on files in the shape of known exports: which columns it takes, and every figure.

usage: import_formats.py [--all]

The files are in tests/import, made up in the real shape of what spreadsheets, payment services, shops and
analytics write. What is right of each stands here, written by hand. Then the demo itself answers its
questions about a few of them (all with --all), and about files on which it may only end with one line that
names the option that helps. CLIENTELE_PSQL is the psql to use, CLIENTELE_BUILD where the programs are.
The last line is `import_formats: N passed, N failed, N skipped`.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import Decimal

from checks import BUILD, PSQL, ROOT, Checks

FILES = ROOT / "tests" / "import"
checks = Checks("import_formats")
check = checks.same

# columns (the roles in the order in which they are explained), rows read, rejected ones by reason, customers (in the
# order in which they appear), the sum of amounts, the first and the last time, and what is said of it all
FORMATS = {
    "excel_utf8.csv": dict(
        columns="customer=Customer ID time=Order Date item=Product amount=Order Total", rows=4,
        customers="000123 000124 000125", total="1234.5", first="2026-03-01T09:05:00Z", last="2026-03-28T12:00:00Z",
        said=["month, day, year, the only order that fits", "without an amount: 1"]),
    "excel_semicolon.csv": dict(
        columns="customer=Kundennr. time=Bestelldatum item=Artikel amount=Gesamtbetrag", rows=4,
        customers="004711 004712 004713", total="1286.65", first="2026-03-01T09:05:00Z", last="2026-03-06T08:30:00Z",
        said=["between semicolons", "named in line 2", "WINDOWS-1252", "--encoding", "--date-order", "decimal comma"]),
    "excel_unicode_text.txt": dict(
        columns="customer=会员编号 time=消费日期 clock=消费时间 item=商品名称 amount=消费金额", rows=3,
        customers="M0001 M0002", total="1403.5", first="2026-03-05T09:05:07Z", last="2026-03-06T10:00:00Z",
        said=["between tabs", "UTF-16"]),
    "wechat_pay.csv": dict(
        columns="customer=交易对方 time=交易时间 event=交易类型 item=商品 amount=金额(元)", rows=4,
        customers="春风茶店 老张 小李", total="148.5", first="2026-03-05T09:05:07Z", last="2026-03-09T08:00:00Z",
        said=["named in line 17, what is above ignored"]),
    "wechat_pay_merchant.csv": dict(
        columns="customer=用户标识 time=交易时间 event=交易类型 item=商品名称 amount=订单金额", rows=5,
        rejects={"wrong_field_count": 2}, customers="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o oUpF8uBBBBBBBBBBBBBBBBBBBBBB",
        total="100", first="2026-03-05T09:05:07Z", last="2026-03-06T09:00:00Z", said=["first in line 5"]),
    "alipay.csv": dict(
        columns="customer=交易对方 time=交易时间 item=商品说明 amount=金额", rows=4,
        customers="春风茶店 老张面馆 蚂蚁基金", total="628.5", first="2026-03-05T09:05:07Z", last="2026-03-09T08:00:00Z",
        said=["named in line 19", "GB18030", "--encoding"]),
    "alipay_old.csv": dict(
        columns="customer=交易对方 time=交易创建时间 channel=交易来源地 item=商品名称 amount=金额（元）", rows=10,
        rejects={"wrong_field_count": 7}, customers="春风茶店 茶具专营", total="154.5",
        first="2026-03-05T09:05:07Z", last="2026-03-07T12:00:00Z", said=["named in line 5", "GB18030"]),
    "taobao_orders.csv": dict(
        columns="customer=买家会员名 time=订单创建时间 item=宝贝标题 amount=买家实际支付金额", rows=3,
        customers="茶客小明 tb_爱喝茶", total="125", first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z",
        said=["GB18030"]),
    "jd_orders.csv": dict(
        columns="customer=下单帐号 time=下单时间 item=商品ID amount=应付金额", rows=3,
        customers="jd_tea01 jd_rain", total="178", first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z",
        said=["GB18030"]),
    "shopify_orders.csv": dict(
        columns="customer=Email time=Created at channel=Source item=Lineitem sku amount=Total", rows=4,
        customers="ann@example.com bob@example.com", total="163", first="2026-03-05T01:05:00Z",
        last="2026-03-08T04:00:00Z", said=["without an amount: 1"]),
    "ga4_exploration.csv": dict(
        columns="customer=Effective user ID time=Date + hour (YYYYMMDDHH) event=Event name channel=Session source "
                "amount=Total revenue", rows=5, rejects={"wrong_field_count": 1},
        customers="1234567890.1772600000 2345678901.1772700000", total="88.5", first="2026-03-05T09:00:00Z",
        last="2026-03-10T00:00:00Z", said=["named in line 7", "as in a calendar", "--time-as"]),
    "ga4_api.csv": dict(
        columns="customer=clientId time=dateHourMinute event=eventName channel=sessionMedium amount=purchaseRevenue",
        rows=3, customers="c1 c2", total="19.9", first="2026-03-05T09:05:00Z", last="2026-03-09T23:59:00Z",
        said=["as in a calendar"]),
    "posthog_events.csv": dict(
        columns="customer=distinct_id time=timestamp event=event", rows=4, customers="u1 u2", total="0",
        first="2026-03-01T09:05:00.123Z", last="2026-03-03T09:05:00.789Z", said=["not used  uuid, properties"]),
    "stripe_payments.csv": dict(
        columns="customer=Customer ID time=Created date (UTC) amount=Amount", rows=3, customers="cus_A cus_B",
        total="1127.5", first="2026-03-05T09:05:00Z", last="2026-03-08T12:00:00Z", said=[]),
    "paypal.csv": dict(
        columns="customer=From Email Address time=Date clock=Time event=Type item=Item ID amount=Gross", rows=3,
        customers="ann@example.com bob@example.com", total="1019", first="2026-03-05T09:05:07Z",
        last="2026-03-17T21:15:00Z", said=["decimal comma", "day, month, year, the only order that fits"]),
    "amazon_orders.txt": dict(
        columns="customer=buyer-email time=purchase-date channel=sales-channel item=sku amount=quantity × item-price",
        rows=3, customers="abc1@marketplace.amazon.com def2@marketplace.amazon.com", total="113.5",
        first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z", said=["between tabs", "without an amount: 1"]),
    "matomo_visits.csv": dict(
        columns="customer=visitorId time=serverTimestamp channel=deviceType amount=revenue", rows=3,
        customers="aaaa000000000001 bbbb000000000002", total="19.5", first="2026-03-05T09:05:07Z",
        last="2026-03-08T12:00:00Z", said=["UTF-16", "times since 1970", "--time-as"]),
    "rakuten_shift_jis.csv": dict(
        columns="customer=会員番号 time=注文日時 item=商品名 amount=合計金額", rows=3, customers="K001 K002", total="4780",
        first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z", said=["CP932", "--decimal-comma"]),
    "korean_euc_kr.csv": dict(
        columns="customer=회원번호 time=주문일시 item=상품명 amount=결제금액", rows=3, customers="M001 M002", total="122500",
        first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z", said=["CP949"]),
    "traditional_big5.csv": dict(
        columns="customer=會員編號 time=訂單日期 item=商品名稱 amount=實付金額", rows=3, customers="A001 A002", total="2230",
        first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z", said=["BIG5"]),
    "french_latin1.csv": dict(
        columns="customer=N° client time=Date de commande item=Référence amount=Montant TTC", rows=3,
        customers="000001 000002", total="1262.25", first="2026-03-05T00:00:00Z", last="2026-09-01T00:00:00Z",
        said=["WINDOWS-1252", "decimal comma"]),
    "polish_1250.csv": dict(
        columns="customer=Nr klienta time=Data zamówienia item=Nazwa produktu amount=Wartość", rows=3,
        customers="K1 K2", total="1262.25", first="2026-03-05T09:05:00Z", last="2026-10-01T11:30:00Z",
        said=["WINDOWS-1250"]),
    "russian_1251.csv": dict(
        columns="customer=Клиент time=Дата item=Товар amount=Сумма", rows=3, customers=["Анна Иванова", "Пётр Смирнов"],
        total="1343", first="2026-03-05T09:05:00Z", last="2026-03-28T12:00:00Z", said=["WINDOWS-1251"]),
    "indian_bank.csv": dict(
        columns="customer=Customer Name time=Date amount=Amount", rows=3, customers="Asha Ravi", total="123456.78",
        first="2026-03-05T00:00:00Z", last="2026-03-08T00:00:00Z", said=["DR counts below zero"]),
    "javascript_dates.csv": dict(
        columns="customer=userId time=when event=action amount=price", rows=3, customers="u1 u2", total="19.5",
        first="2026-03-05T01:05:07Z", last="2026-03-06T12:15:00Z", said=["without an amount: 2"]),
    "no_header.csv": dict(
        columns="customer=1 time=2 event=3 item=4 amount=5", rows=5, customers="1001 1002 1003", total="107.5",
        first="2026-03-05T09:05:07Z", last="2026-03-08T12:00:00Z", said=["without names"]),
    "mac_line_ends.csv": dict(
        columns="customer=client time=date amount=amount", rows=3, customers="c1 c2", total="37.75",
        first="2026-03-05T00:00:00Z", last="2026-03-08T00:00:00Z", said=["decimal comma"]),
    "sap_report.txt": dict(
        columns="customer=Debitor time=Belegdatum item=Artikelnummer amount=Betrag", rows=4,
        customers="0000100001 0000100002 Summe", total="8292", first="2026-03-05T00:00:00Z",
        last="2026-03-08T00:00:00Z", said=["between bars", "named in line 4"]),
}

# Files on which guessing fails: what is written, the options, and what the one line of the error names.
REFUSED = {
    "no customer": (b"order_id,date,amount\n1,2026-03-01,10\n2,2026-03-02,20\n3,2026-03-03,30\n", [], "--customer"),
    "only event uuids": (b"uuid,event,timestamp\na1,view,2026-03-01\na2,view,2026-03-02\na3,buy,2026-03-03\n", [],
                         "--customer"),
    "no time": (b"customer,amount\nc1,10\nc2,20\nc1,30\n", [], "--time"),
    "times that cannot be read": (b"customer,date,amount\nc1,soon,10\nc2,later,20\nc1,never,30\n", [], "--time"),
    "amounts that cannot be read": (b"customer,date,amount\nc1,2026-03-01,ten\nc2,2026-03-02,much\n", [], "--no-amount"),
    "shares for amounts": (b"customer,date,amount\nc1,2026-03-01,10%\nc2,2026-03-02,20%\n", [], "--amount"),
    "more fields than names": (b"customer,date\n1,c1,2026-03-01\n2,c2,2026-03-02\n3,c1,2026-03-03\n", [], "--header-line"),
    "one field": (b"customer~date\nc1~2026-03-01\nc2~2026-03-02\n", [], "--delimiter"),
    "letters of no clear kind": (b"customer,date\n\xfe\xff\xaa\xac,2026-03-01\n\xa6\xd7\xf7\xf8,2026-03-02\n", [], "--encoding"),
    "an encoding that is none": (b"customer,date\nc1,2026-03-01\n", ["--encoding", "ROT13"], "--encoding"),
    "a column that is not there": (b"customer,date\nc1,2026-03-01\n", ["--amount", "total"], "customer, date"),
    "two columns of one name": (b"customer,date,x,x\nc1,2026-03-01,1,2\n", ["--amount", "x"], "number"),
    "a line that is not there": (b"customer,date\nc1,2026-03-01\n", ["--header-line", "9"], "--header-line"),
    "a page": (b"<html><body><table><tr><td>customer</td></tr></table></body></html>\n", [], "CSV"),
    "an object": (b'[{"customer": "c1", "date": "2026-03-01"}]\n', [], "CSV"),
}

# What options say instead of a guess: the file, the options, and customer, time and amount of the first row.
ASKED = {
    "another customer": (b"customer,phone,date\nc1,13800000001,2026-03-01\n", ["--customer", "phone"],
                         ("13800000001", "2026-03-01T00:00:00Z", None)),
    "a column by number": (b"a,b,date\nc1,x,2026-03-01\n", ["--customer=2"], ("x", "2026-03-01T00:00:00Z", None)),
    "the day first": (b"customer,date\nc1,01/02/2026\n", ["--date-order", "dmy"], ("c1", "2026-02-01T00:00:00Z", None)),
    "the month first": (b"customer,date\nc1,01/02/2026\n", ["--month-first"], ("c1", "2026-01-02T00:00:00Z", None)),
    "the year first": (b"customer,date\nc1,01/02/03\n", ["--date-order=ymd"], ("c1", "2001-02-03T00:00:00Z", None)),
    "since 1970": (b"customer,time\nc1,2026030509\n", ["--time-as", "epoch"], ("c1", "2034-03-15T10:15:09Z", None)),
    "as in a calendar": (b"customer,time\nc1,2026030509\n", ["--time-as", "calendar"], ("c1", "2026-03-05T09:00:00Z", None)),
    "days since 1900": (b"customer,date\nc1,46082.378472\n", ["--time-as", "excel"], ("c1", "2026-03-01T09:05:00Z", None)),
    "days since 1904": (b"customer,date\nc1,44620.378472\n", ["--time-as", "excel-1904"], ("c1", "2026-03-01T09:05:00Z", None)),
    "a zone": (b"customer,time\nc1,2026-03-05 09:05\n", ["--utc-offset", "+08:00"], ("c1", "2026-03-05T01:05:00Z", None)),
    "a decimal comma": (b'customer,date,amount\nc1,2026-03-01,"1,234"\n', ["--decimal-comma"],
                        ("c1", "2026-03-01T00:00:00Z", "1.234")),
    "a decimal point": (b"customer;date;amount\nc1;01.03.2026;1.234\n", ["--decimal-point"],
                        ("c1", "2026-03-01T00:00:00Z", "1.234")),
    "an encoding": ("客户,日期\n王伟,2026-03-01\n".encode("gbk"), ["--encoding", "GBK"], ("王伟", "2026-03-01T00:00:00Z", None)),
    "a delimiter": (b"customer~date\nc1~2026-03-01\n", ["--delimiter", "~"], ("c1", "2026-03-01T00:00:00Z", None)),
    "a header below": (b"x,y\n1,2\nwho,when\nc1,2026-03-01\n", ["--header-line", "3", "--customer", "who"],
                       ("c1", "2026-03-01T00:00:00Z", None)),
    "no header": (b"customer,2026-03-01\nc1,2026-03-02\n", ["--no-header", "--customer", "1"],
                  ("customer", "2026-03-01T00:00:00Z", None)),
    "no amount": (b"customer,date,amount\nc1,2026-03-01,ten\n", ["--no-amount"], ("c1", "2026-03-01T00:00:00Z", None)),
    "a time of day": (b"customer,date,x\nc1,2026-03-01,09:05\n", ["--clock", "x"], ("c1", "2026-03-01T09:05:00Z", None)),
    "no time of day": (b"customer,date,time\nc1,2026-03-01,09:05\n", ["--no-clock"], ("c1", "2026-03-01T00:00:00Z", None)),
}


def run_import(data, *options, name="file.csv"):
    """Exit status, rows of COPY as lists, and what is said."""
    done = subprocess.run([BUILD / "demo/import", "--name", name, *options], input=data, capture_output=True, timeout=60)
    rows = [[None if v == "\\N" else v for v in line.split("\t")] for line in done.stdout.decode().splitlines()]
    return done.returncode, rows, done.stderr.decode()


def columns(said):
    roles = "customer time clock event channel item amount".split()
    found = [re.match(r"  (\w+) +(.*?)  \(", line) for line in said.splitlines()]
    return " ".join(f"{m[1]}={m[2]}" for m in found if m and m[1] in roles and m[2] != "–")


def formats():
    for name in sorted(path.name for path in FILES.iterdir()):
        wanted = FORMATS.get(name)
        if wanted is None:
            check(f"{name} is in the table", True, False)
            continue
        status, rows, said = run_import((FILES / name).read_bytes(), name=name)
        used = [row for row in rows if row[8] is None]
        customers = wanted["customers"]
        check(f"{name}: status", 0, status)
        check(f"{name}: columns", wanted["columns"], columns(said))
        check(f"{name}: rows", wanted["rows"], len(rows))
        check(f"{name}: rejects", wanted.get("rejects", {}), Counter(row[8] for row in rows if row[8]))
        check(f"{name}: customers", customers.split() if isinstance(customers, str) else customers,
              list(dict.fromkeys(row[2] for row in used if row[2])))
        check(f"{name}: total", Decimal(wanted["total"]), sum(Decimal(row[7]) for row in used if row[7]))
        times = [row[3] for row in used if row[3]]
        check(f"{name}: times", (wanted["first"], wanted["last"]), (min(times), max(times)))
        check(f"{name}: said", [], [text for text in wanted["said"] if text not in said])


def refusals():
    for name, (data, options, named) in REFUSED.items():
        status, rows, said = run_import(data, *options)
        check(f"{name}: refused without a row", (2, 0, 1), (status, len(rows), said.count("\n")))
        check(f"{name}: names what helps", True, named in said)


def wishes():
    for name, (data, options, wanted) in ASKED.items():
        status, rows, said = run_import(data, *options)
        got = (rows[0][2], rows[0][3], rows[0][7]) if rows else said
        check(f"asked for {name}", (0, wanted), (status, got))


def demo(name, path, options=(), status=0):
    """./run demo on a file: it ends with answers, and no word of an error."""
    environment = dict(os.environ, CLIENTELE_BUILD=str(BUILD))
    environment["CLIENTELE_PSQL"] = PSQL
    done = subprocess.run([ROOT / "demo" / "demo.sh", path, *options], capture_output=True, env=environment, timeout=300)
    out, said = done.stdout.decode(), done.stderr.decode()
    check(f"demo of {name}: status", status, done.returncode)
    check(f"demo of {name}: no error", [], [line for line in (out + said).splitlines() if "ERROR" in line or "psql:" in line])
    if status == 0:
        check(f"demo of {name}: answers", True, "What do customers do?" in out and "of each family" in out)
    elif status == 2:
        check(f"demo of {name}: one line", 1, said.count("\n"))


def demos(everything):
    names = sorted(FORMATS) if everything else ["taobao_orders.csv", "posthog_events.csv", "no_header.csv"]
    for name in names:
        demo(name, FILES / name)
    made = {"refunds only": (b"customer,date,amount\nc1,2026-03-01,-10.50\nc2,2026-03-02,-20.00\nc1,2026-03-05,-12.00\n", 0),
            "a single row": (b"customer,date\nc1,2026-03-01\n", 0), "a header only": (b"customer,date,amount\n", 1),
            "nothing": (b"", 1), "no customer": (b"order_id,date\n1,2026-03-01\n2,2026-03-02\n3,2026-03-03\n", 2)}
    with tempfile.TemporaryDirectory() as directory:
        for name, (data, status) in made.items():
            path = pathlib.Path(directory) / "file.csv"
            path.write_bytes(data)
            demo(name, path, status=status)


def main():
    if checks.built("demo/import"):
        formats()
        refusals()
        wishes()
        demos("--all" in sys.argv)
    checks.end()


if __name__ == "__main__":
    main()
