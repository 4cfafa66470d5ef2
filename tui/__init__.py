"""The terminal toolkit: shell, keys, forms, lists, pager. It knows no medicine and no storage."""
