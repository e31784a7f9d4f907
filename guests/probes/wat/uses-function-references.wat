;; Calls through a typed reference, a way around the price of a call. Expected: refused, for function references.
(core module $policy
  (import "base" "pass" (func $pass (param i32) (result i32)))
  (type $next (func))
  (func (param $next (ref null $next))
    (call_ref $next (local.get $next)))
  (func (export "post-auth") (param $login i32) (result i32)
    (call $pass (local.get $login))))
