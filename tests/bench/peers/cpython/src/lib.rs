//! The decision as a Python function, called by Rust inside a Python interpreter.
//!
//! Not for: anything but measuring. `python3` loads this module and calls `serve`, which takes orders such as `dicts 500` from its
//! standard input and answers how many nanoseconds that many logins took. So nothing needs Python's library to link against.

use std::ffi::CString;
use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use serde_json::Value;

#[pymodule]
fn peer_cpython(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(serve, module)?)
}

#[pyfunction]
fn serve(py: Python<'_>, script: &str, login: &str) -> PyResult<()> {
    let source = CString::new(fs::read_to_string(script)?)?;
    let script = PyModule::from_code(py, &source, c"known_device.py", c"known_device")?;
    let post_auth = script.getattr("post_auth")?;
    let decide = script.getattr("decide")?;
    let login_json = PyString::new(py, login);
    let login: Value = serde_json::from_str(login).map_err(io::Error::from)?;
    for order in io::stdin().lock().lines() {
        let order = order?;
        let (way, count) = order.split_once(' ').unwrap_or((&order, "1"));
        let count: u32 = count.parse()?;
        let start = Instant::now();
        for _ in 0..count {
            let authret = match way {
                "dicts" => {
                    let part = |name| to_python(py, &login[name]);
                    post_auth.call1((part("authcred")?, part("attributes")?, part("authret")?, part("info")?))?
                }
                _ => decide.call1((&login_json,))?,
            };
            ensure_allowed(&authret)?;
        }
        println!("{}", start.elapsed().as_nanos());
        io::stdout().flush()?;
    }
    Ok(())
}

/// Takes the answer over into values of the host.
fn ensure_allowed(authret: &Bound<'_, PyAny>) -> PyResult<()> {
    let status: String = authret.get_item("status")?.extract()?;
    let _user: String = authret.get_item("user")?.extract()?;
    let proplist: Vec<(String, String)> = authret
        .get_item("proplist")?
        .cast::<PyDict>()?
        .iter()
        .map(|(k, v)| Ok((k.extract()?, v.extract()?)))
        .collect::<PyResult<_>>()?;
    assert!(status == "succeed" && !proplist.is_empty(), "the login is refused");
    Ok(())
}

fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => truth.into_pyobject(py)?.to_owned().into_any(),
        Value::Number(number) => number.as_f64().into_pyobject(py)?.into_any(),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(|value| to_python(py, value)).collect::<PyResult<_>>()?;
            PyList::new(py, values)?.into_any()
        }
        Value::Object(entries) => {
            let dict = PyDict::new(py);
            for (name, value) in entries {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}
