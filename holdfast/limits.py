"""Every bound of the shop in one place, each with its unit in the name or beside it."""

ORDER_LINES_MAX = 2_000  # a real order has 1,114
CART_LINES_MAX = 500
CART_CHECKOUTS_MAX = 20  # open at the same time: tabs of one buyer
QUANTITY_MAX = 1_000_000  # units on one line
PURCHASE_HOURS_MAX = 87_600  # ten years: how long a purchase may count against a limit
PRICE_MINOR_MAX = 99_999_999_99  # minor units of one unit's price
TOTAL_MINOR_MAX = 9_000_000_000_000_000  # fits a bigint and a JSON number that keeps its digits

SKU_CHARS_MAX = 64
SLUG_CHARS_MAX = 120
NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 5_000
REASON_CHARS_MAX = 200
FAILURE_CHARS_MAX = 200  # of why a provider declined
REFERENCE_CHARS_MAX = 64
EMAIL_CHARS_MAX = 254  # RFC 5321 §4.5.3.1
ADDRESS_LINE_CHARS_MAX = 200

PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 128  # long enough for a sentence, short enough to hash
PASSWORD_GUESSES_MIN = 1_000_000  # by the estimate of zxcvbn; log-ins are delayed, so nobody gets that far
HASHES_WAITING_MAX = 64  # per process, about ten seconds of work; beyond it 503
SESSION_HOURS = 24 * 30  # of a customer
SESSION_HOURS_STAFF = 12
SESSIONS_PER_USER_MAX = 50  # the oldest is ended by one more
CLIENT_CHARS_MAX = 200  # of a User-Agent
LINK_MINUTES = {"register": 24 * 60, "reset_password": 30, "change_email": 24 * 60}  # from when it is sent
LETTERS_PER_HOUR_MAX = 5  # of one kind to one address; what is above is not sent
LETTERS_KEEP_DAYS = 30
SMTP_TIMEOUT_S = 20  # for one letter, from the connection on
LOGIN_DELAYS_S = (0, 0, 0, 0, 0, 5, 15, 60, 300, 900)  # of an account, after so many failures; the last stays
PLACE_DELAYS_S = (*(0,) * 30, 5, 15, 60, 300, 900)  # of a network address, where many people may sit
LOGIN_FORGET_MINUTES = 60  # failures that are older do not count
LOGIN_PLACES_KEEP_DAYS = 180
CODE_STEP_S = 30  # RFC 6238 §5.2
CODE_STEPS_APART_MAX = 1  # how far the clocks of a phone and of the shop may differ
RECOVERY_CODES = 10

IDEMPOTENCY_KEY_CHARS_MIN = 16
IDEMPOTENCY_KEY_CHARS_MAX = 255
IDEMPOTENCY_KEEP_HOURS = 24 * 30

BODY_BYTES_MAX = 1_048_576
LINGER_BYTES_MAX = 16_777_216  # of a refused body, read and thrown away so that its answer arrives
LINGER_S = 5
BODY_READ_S = 15  # for a whole body to arrive
HEAD_READ_S = 30  # for the request line and headers, and until the next request of a kept connection
HEAD_BYTES_MAX = 32_768  # of all headers
HEAD_BUFFER_BYTES = 65_536  # that the server below reads of a head before it is looked at
URL_CHARS_MAX = 8_192  # path and query
FORWARDED_HOPS_MAX = 20  # of the proxies that a request came through
JSON_DEPTH_MAX = 512  # of lists and objects in one another
CONNECTIONS_MAX = 8_192  # per process, idle ones too; more wait to be taken
RATE_KEYS_MAX = 50_000  # clients that one process counts at a time, about 10 MB
RATE_STORE_MS = 250  # that a store of counts may take to answer before the process counts by itself
RATE_STORE_AGAIN_S = 5  # after which a store that did not answer is asked again
WEBHOOK_BODY_BYTES_MAX = 262_144
UPLOAD_BYTES_MAX = 5_242_880  # of one file
UPLOAD_BODY_BYTES_MAX = 7_340_032  # of a request with one file in base64
PICTURE_PIXELS_MAX = 40_000_000  # before it is decoded
PICTURE_SIDE_PIXELS_MAX = 2_048  # as it is kept
TRANSFER_PROOFS_MAX = 5  # of one attempt to pay
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
SETTING_FILE_BYTES_MAX = 65_536  # of a file that a setting is read from
DB_CONNECT_S = 10  # before a server that does not answer counts as away
LISTEN_AGAIN_S = 60  # who heard nothing reads again all the same, the clock too
TRANSACTION_TRIES_MAX = 5  # reruns after a deadlock or serialization failure
RETRY_AFTER_S = 1

WEBHOOK_TOLERANCE_S = 300  # gateways.md §2.6
SWEEP_ROWS_MAX = 500  # per round of a sweeper
POLL_GAPS_MINUTES = (1, 2, 5, 15, 60, 180, 720, 1_440)  # gateways.md §12.16
POLL_DAYS_MAX = 21  # of an attempt that nobody touches; after that only a webhook tells
EVENT_TRIES_MAX = 8  # before a failed provider event waits for a person
PROVIDER_LEASE_GRACE_S = 5  # beyond the provider's own deadline
