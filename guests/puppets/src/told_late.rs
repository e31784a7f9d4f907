//! Does as it is told, and its properties are looked up after.

vestibule_puppets::puppet!(vestibule_puppets::manifest("told-late").group_select());
