//! Does as it is told, on properties that were looked up before.

vestibule_puppets::puppet!(vestibule_puppets::manifest("told"));
