//! Does as it is told, on properties that were looked up before.

vestibule_scripted::scripted!(vestibule_scripted::manifest("told"));
