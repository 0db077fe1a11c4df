"""The catalogue in the merchant's hands: import by slug and SKU."""

from typing import Annotated

import msgspec
from litestar import Response, post
from litestar.params import JSONBody
from msgspec import Meta

from holdfast import audit, clock
from holdfast.accounts.roles import Action
from holdfast.catalog.edit import Imported, import_categories, import_products
from holdfast.catalog.product import NewCategory, NewProduct
from holdfast.db.queries import Transaction
from holdfast.limits import IMPORT_PRODUCTS_MAX
from holdfast.web.session import Asked, do_once, principal_of


class ImportBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to add or bring up to date; categories first, so that products may name them."""

    products: Annotated[tuple[NewProduct, ...], Meta(max_length=IMPORT_PRODUCTS_MAX)] = ()
    categories: Annotated[tuple[NewCategory, ...], Meta(max_length=IMPORT_PRODUCTS_MAX)] = ()


@post("/catalog/import", status_code=200, opt={"action": Action.EDIT_CATALOGUE})
async def import_catalog(request: Asked, data: JSONBody[ImportBody]) -> Response[Imported]:
    """Add or change products and categories, all or none; what is not named stays as it is."""
    actor, at = principal_of(request).id, clock.now()

    async def effect(tx: Transaction) -> Imported:
        await import_categories(tx, categories=data.categories)
        imported = await import_products(tx, products=data.products, at=at)
        detail = msgspec.structs.asdict(imported)
        await audit.record(tx, actor=actor, action="catalog.import", subject="catalog", detail=detail, at=at)
        return imported

    return await do_once(request, effect, required=False)


ROUTES = [import_catalog]
