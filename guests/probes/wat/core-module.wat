;; Is a core module, not a component. Expected: refused, as a core module.
(module
  (memory (export "memory") 1)
  (func (export "manifest") (result i32) i32.const 0)
  (func (export "post-auth") (param i32) (result i32) i32.const 0))
