//! Does as it is told, without anybody having proven who the user is.

vestibule_scripted::scripted!(vestibule_scripted::manifest("told-alone").auth_null());
