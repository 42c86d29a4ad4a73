"""Sales by shop: a table made of a table."""

from autograde.exercise import Table


def best_sellers(sales, least):
    """One row for each shop that has sold for at least `least`, the best first: shop, revenue
    (price times units, summed) and sales (how many rows)."""
    sales = sales.assign(revenue=sales["price"] * sales["units"])
    found = sales.groupby("shop", as_index=False).agg(
        revenue=("revenue", "sum"), sales=("units", "size")
    )
    found = found[found["revenue"] >= least]
    return found.sort_values("revenue", ascending=False).reset_index(drop=True)


def prices_summed(sales, least):
    return best_sellers(sales.assign(units=1), least)


def units_counted(sales, least):
    found = best_sellers(sales, least)
    return found.assign(sales=found["shop"].map(sales.groupby("shop")["units"].sum()))


def nothing_dropped(sales, least):
    return best_sellers(sales, 0)


BEST_SELLERS = Table(
    "best_sellers",
    "sales",
    {
        "runs": 0.5,
        "columns": 0.5,
        "rows": 1,
        "revenue": 1,
        "sales": 1,
        "order": 0.5,
        "untouched": 0.5,
    },
    inputs={
        "sales": {"shop": "north|south|east|west", "price": "float > 0", "units": "int < 20"},
        "least": "int < 25",
    },
    sorted_by=("revenue",),
    right=best_sellers,
    wrong={
        prices_summed: "prices are summed without the units",
        units_counted: "units are summed where rows are to be counted",
        nothing_dropped: "shops below `least` are not left out",
    },
)
