//! Does as it is told, without anybody having proven who the user is.

vestibule_puppets::puppet!(vestibule_puppets::manifest("told-alone").auth_null());
