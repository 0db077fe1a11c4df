"""Every bound of the shop in one place, each with its unit in the name or beside it."""

ORDER_LINES_MAX = 2_000  # a real order has 1,114
CART_LINES_MAX = 500
QUANTITY_MAX = 1_000_000  # units on one line
PRICE_MINOR_MAX = 99_999_999_99  # minor units of one unit's price
TOTAL_MINOR_MAX = 9_000_000_000_000_000  # fits a bigint and a JSON number that keeps its digits

SKU_CHARS_MAX = 64
SLUG_CHARS_MAX = 120
NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 5_000
REASON_CHARS_MAX = 200
FAILURE_CHARS_MAX = 200  # of why a provider declined
REFERENCE_CHARS_MAX = 64
COMMENT_CHARS_MAX = 1_000  # of a buyer who sends goods back
EMAIL_CHARS_MAX = 254  # RFC 5321 §4.5.3.1
ADDRESS_LINE_CHARS_MAX = 200

IDEMPOTENCY_KEY_CHARS_MIN = 16
IDEMPOTENCY_KEY_CHARS_MAX = 255
IDEMPOTENCY_KEEP_HOURS = 24 * 30

BODY_BYTES_MAX = 1_048_576
LINGER_BYTES_MAX = 16_777_216  # of a refused body, read and thrown away so that its answer arrives
LINGER_S = 5
WEBHOOK_BODY_BYTES_MAX = 262_144
UPLOAD_BYTES_MAX = 5_242_880  # of one file
UPLOAD_BODY_BYTES_MAX = 7_340_032  # of a request with one file in base64
PICTURE_PIXELS_MAX = 40_000_000  # before it is decoded
PICTURE_SIDE_PIXELS_MAX = 2_048  # as it is kept
TRANSFER_PROOFS_MAX = 5  # of one attempt to pay
RETURN_PHOTOS_MAX = 5  # of one return
CERTIFICATE_BYTES_MAX = 65_536  # a chain of PEM certificates has some thousand
CERTIFICATES_KEPT_MAX = 16  # per process; PayPal signs with one for months
PAGE_ROWS_MAX = 200
PAGE_ROWS_DEFAULT = 50
STOCK_SKUS_MAX = 200  # per GET /stock
STOCK_LINES_MAX = 1_000  # per staff call
IMPORT_PRODUCTS_MAX = 500  # per staff call

BATCH_REQUESTS_MAX = 256  # one group commit
BATCHES_IN_FLIGHT_MAX = 2  # per process and kind
QUEUE_REQUESTS_MAX = 2_048  # waiting per process and kind; beyond it 503
DB_CONNECT_S = 10  # before a server that does not answer counts as away
LISTEN_AGAIN_S = 60  # who heard nothing reads again all the same, the clock too
TRANSACTION_TRIES_MAX = 5  # reruns after a deadlock or serialization failure
RETRY_AFTER_S = 1

WEBHOOK_TOLERANCE_S = 300  # gateways.md §2.6
SWEEP_ROWS_MAX = 500  # per round of a sweeper
POLL_GAPS_MINUTES = (1, 2, 5, 15, 60, 180, 720, 1_440)  # gateways.md §12.16
POLLS_MAX = 30  # of one attempt, about three weeks; after that only a webhook tells
EVENT_TRIES_MAX = 8  # before a failed provider event waits for a person
PROVIDER_LEASE_GRACE_S = 5  # beyond the provider's own deadline
