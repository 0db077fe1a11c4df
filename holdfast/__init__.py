"""Holdfast: a checkout engine that never oversells and never loses a payment.

The story of an order, and the file that tells each part:

1. somebody looks around ............. catalog/browse.py, stock/movements.py
2. and fills a cart .................. cart/keep_cart.py
3. which is checked out .............. checkout/keep_checkout.py, pricing/quote.py
4. and becomes an order .............. checkout/place_order.py, order/order.py
5. whose units are held .............. stock/serve.py, stock/holds.py, stock/shelf.py
6. while a provider is asked ......... payment/start_payment.py, payment/providers/
7. who tells us what came of it ...... webhook/apply.py, payment/settle.py
8. so that the units are committed ... payment/secure.py
9. or dropped in the end ............. checkout/expire.py, checkout/cancel_order.py
10. and money or goods go back ....... refund/give_back.py, refund/returns.py
"""
