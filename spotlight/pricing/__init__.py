"""What usage costs: price books, the names that models go by, and the arithmetic.

prices.py      what a book says: rates by class of tokens, in force over some time
names.py       which provider and model telemetry means
genai_book.py  the prices of the genai-prices library
override.py    prices of one's own, from a YAML file
book.py        both together
vector.py      prices of many steps at once
explain.py     the price of one step, line by line, in decimals
"""

from spotlight.pricing.book import PRICES_FILE, Book, Offer, book_of, default_book
from spotlight.pricing.vector import price_steps

__all__ = ["PRICES_FILE", "Book", "Offer", "book_of", "default_book", "price_steps"]
