/**
 * What the page puts into a Python kernel to list its variables: one hidden name, `__runhere_variables__`, which tells everything when it is
 * displayed. Displaying a name is what ipykernel does on its control channel, also while a cell runs, and it fires none of the hooks that a
 * run fires (Matplotlib's would show a figure that is half drawn).
 *
 * Nothing here raises for what a value does: it is then shown without what it did not tell.
 */
import { listening } from "./ask-beside-python.ts";

export const VARIABLES_MIME = "application/vnd.runhere.variables+json";
export const HELPER = "__runhere_variables__";
/** Displays the answers to the questions that were put last. */
export const ANSWERS = "__runhere_variables_answers__";
/** Before the JSON of a question, in the name of the comms that are asked for. */
export const ASK_PREFIX = "runhere.variables?";

const HEARS = listening({ prefix: ASK_PREFIX, name: HELPER, mime: VARIABLES_MIME, most: 4 });

export const INSTALL = `
def __runhere_variables__():
    import json, reprlib, sys, types
    ARRAYS = {"numpy", "pandas", "polars", "torch", "jax", "jaxlib", "tensorflow", "cupy", "scipy", "xarray", "pyarrow"}
    MOST, COLUMNS, CELL, TEXT = 1000, 50, 200, 20000
    short = reprlib.Repr()
    short.maxstring = short.maxother = 120
    short.maxlist = short.maxtuple = short.maxset = short.maxfrozenset = short.maxdict = short.maxdeque = 8
    short.maxlevel = 3

    def root(value):
        return (type(value).__module__ or "").split(".")[0]

    def is_array(value):
        return root(value) in ARRAYS

    def quiet(question, fallback=None):
        try:
            return question()
        except Exception:
            return fallback

    def kind(value):
        if isinstance(value, types.ModuleType):
            return "module"
        if isinstance(value, type):
            return "class"
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, types.MethodType)):
            return "function"
        return "value"

    def shape(value):
        if is_array(value):
            found = quiet(lambda: [int(n) for n in value.shape])
            if found is not None:
                return found
        if isinstance(value, (str, bytes, bytearray, list, tuple, dict, set, frozenset)):
            return [len(value)]
        return None

    def size(value):
        if is_array(value):
            if root(value) == "pandas":
                used = quiet(lambda: value.memory_usage(index=True, deep=False))
                found = quiet(lambda: int(used.sum() if hasattr(used, "sum") else used))
            elif root(value) == "polars":
                found = quiet(lambda: int(value.estimated_size()))
            else:
                found = quiet(lambda: int(value.nbytes))
                if found is None:
                    found = quiet(lambda: int(value.element_size() * value.nelement()))
            if found is not None:
                return found
        return quiet(lambda: int(sys.getsizeof(value)))

    def frame_columns(value):
        if root(value) in ("pandas", "polars") and len(shape(value) or ()) == 2:
            return quiet(lambda: [str(one) for one in list(value.columns[: COLUMNS + 1])])
        return None

    def preview(value):
        if is_array(value):
            columns = frame_columns(value)
            if columns is not None:
                return ", ".join(columns)[:CELL]
            sides = shape(value)
            count = 1
            for n in [10**9] if sides is None else sides:
                count *= n
            dtype = quiet(lambda: str(value.dtype))
            if count > 100:
                return dtype or ""
        if type(value).__repr__ is object.__repr__:
            return ""
        text = quiet(lambda: short.repr(value), "")
        return " ".join(text.split())[:CELL]

    def is_table(value):
        return is_array(value) and len(shape(value) or ()) in (1, 2)

    def children(value):
        if isinstance(value, dict):
            return [(short.repr(key), one) for key, one in list(value.items())]
        if isinstance(value, (list, tuple)):
            return [(str(n), one) for n, one in enumerate(list(value))]
        if isinstance(value, (set, frozenset)):
            return [("", one) for one in list(value)]
        if kind(value) == "value" and not is_array(value):
            own = quiet(lambda: object.__getattribute__(value, "__dict__"))
            if isinstance(own, dict):
                return [(str(key), one) for key, one in list(own.items())]
        return []

    def opens(value):
        if is_table(value):
            return "table"
        if isinstance(value, str):
            return "text" if len(value) > 100 else None
        return "values" if quiet(lambda: bool(children(value)), False) else None

    def row(name, value):
        return {
            "name": name,
            "type": type(value).__name__,
            "kind": kind(value),
            "shape": quiet(lambda: shape(value)),
            "bytes": size(value),
            "preview": quiet(lambda: preview(value), ""),
            "opens": quiet(lambda: opens(value)),
        }

    def cell(value):
        return quiet(lambda: str(value), "?")[:CELL]

    def table(value, start, count):
        columns = frame_columns(value)
        total = shape(value)[0]
        if columns is not None:
            part = value[start : start + count] if root(value) == "polars" else value.iloc[start : start + count]
            index = [str(n) for n in range(start, start + len(part))] if root(value) == "polars" else [cell(one) for one in part.index]
            used = [part[:, n] if root(value) == "polars" else part.iloc[:, n] for n in range(min(COLUMNS, len(columns)))]
            lists = [[cell(one) for one in column] for column in used]
            rows = [[one[n] for one in lists] for n in range(len(index))]
            width = shape(value)[1]
        else:
            part = value.iloc[start : start + count] if hasattr(value, "iloc") else value[start : start + count]
            if hasattr(part, "toarray"):
                part = part.toarray()
            index = [cell(one) for one in part.index] if hasattr(value, "iloc") else [str(start + n) for n in range(len(part))]
            is_flat = len(shape(value)) == 1
            rows = [[cell(one)] if is_flat else [cell(each) for each in one[:COLUMNS]] for one in part]
            width = 1 if is_flat else shape(value)[1]
            columns = [quiet(lambda: str(value.name), "") if root(value) == "pandas" else ""] if is_flat else [str(n) for n in range(min(COLUMNS, width))]
        return {"is": "table", "columns": columns[:COLUMNS], "index": index, "rows": rows, "total": total, "width": width}
${HEARS}
    class Variables(Told):
        hidden = dict(quiet(lambda: get_ipython().user_ns_hidden, {}))

        def __init__(self):
            super().__init__(self.all)

        def all(self):
            names = globals()
            found = [
                (name, value)
                for name, value in list(names.items())
                if not name.startswith("_") and self.hidden.get(name, self) is not value
            ]
            return {"is": "variables", "total": len(found), "variables": [row(name, value) for name, value in found[:MOST]]}

        def open(self, path, start, count):
            return Told(quiet(lambda: self.opened(path, start, count), UNTOLD))

        def opened(self, path, start, count):
            value = globals()[path[0]]
            for n in path[1:]:
                value = children(value)[n][1]
            if is_table(value):
                return table(value, start, count)
            if isinstance(value, str):
                return {"is": "text", "text": value[:TEXT], "total": len(value)}
            found = children(value)
            return {"is": "values", "total": len(found), "values": [row(name, one) for name, one in found[start : start + count]]}

    variables = Variables()
    answer, UNTOLD = variables.opened, {"is": "gone"}
    listen()
    return variables, Told(answers)


__runhere_variables__, ${ANSWERS} = __runhere_variables__()
`;
