//! Does as it is told, and its properties are looked up after.

vestibule_scripted::scripted!(vestibule_scripted::manifest("told-late").group_select());
