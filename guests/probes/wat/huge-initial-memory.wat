;; Begins with 4 GiB of memory. Expected: refused, for its memory.
;; There is nothing else in it, since a policy in text has the memory of `common/policy.wat`.
(component
  (core module $program (memory 65536))
  (core instance (instantiate $program)))
