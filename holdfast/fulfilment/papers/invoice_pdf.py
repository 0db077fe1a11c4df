"""The invoice as a PDF, drawn from what was kept when it was issued: the same invoice, the same page."""

from holdfast.fulfilment.invoice import Invoice, TaxLine
from holdfast.fulfilment.papers.paper import (
    Column,
    address_lines,
    finished,
    heading,
    new_paper,
    paragraph,
    side_by_side,
    sums,
    table,
)
from holdfast.money import in_words

_DAY = "%Y-%m-%d"


def invoice_pdf(invoice: Invoice) -> bytes:
    """A PDF of A4 pages; takes a part of a second, so keep it off the event loop."""

    def money(amount_minor: int) -> str:
        return in_words(amount_minor, invoice.currency)

    def number(amount_minor: int) -> str:
        return money(amount_minor).rpartition(" ")[0]

    title = f"Invoice {invoice.number}"
    pdf = new_paper(title, created=invoice.issued_at.strftime(_DAY))
    heading(pdf, title)
    seller = [invoice.seller.name, *invoice.seller.address]
    tax_number = [f"Tax number: {invoice.seller.tax_number}"] if invoice.seller.tax_number else []
    facts = [
        f"Invoice {invoice.number}",
        f"Date: {invoice.issued_at.strftime(_DAY)}",
        f"Order: {invoice.order_number}, placed {invoice.placed_at.strftime(_DAY)}",
        *([f"Reference: {invoice.reference}"] if invoice.reference else []),
        f"Payment: {invoice.payment_method.replace('_', ' ')}",
    ]
    side_by_side(pdf, seller + tax_number, facts)
    buyer = [*address_lines(invoice.buyer.address), *([invoice.buyer.email] if invoice.buyer.email else [])]
    side_by_side(pdf, ["Invoiced to", *buyer], [])
    table(
        pdf,
        [
            Column("Item", 84),
            Column("Quantity", 20, numbers=True),
            Column(f"Price ({invoice.currency})", 35, numbers=True),
            Column(f"Amount ({invoice.currency})", 35, numbers=True),
        ],
        [
            [
                f"{line.name} ({line.sku})" if line.sku else line.name,
                f"{line.quantity:,}",
                number(line.unit_price_minor),
                number(line.total_minor + line.discount_minor),  # what is taken off stands below
            ]
            for line in invoice.lines
        ],
    )
    discount = [("Discounts", money(-invoice.discount_minor))] if invoice.discount_minor else []
    taxes = [
        row for tax in invoice.taxes for row in _tax_rows(tax, money(tax.net_minor), money(tax.tax_minor))
    ]
    sums(pdf, [*discount, *taxes, ("Total", money(invoice.total_minor))])
    if invoice.seller.note:
        paragraph(pdf, invoice.seller.note)
    return finished(pdf, f"{invoice.seller.name} · {title}")


def _tax_rows(tax: TaxLine, net: str, amount: str) -> list[tuple[str, str]]:
    if tax.rate_bp is None:
        return [("Without tax", net), ("Tax", amount)]
    whole, part = divmod(tax.rate_bp, 100)
    rate = f"{whole}.{part:02}".rstrip("0").rstrip(".")
    return [(f"Without tax, at {rate} %", net), (f"Tax, {rate} %", amount)]
