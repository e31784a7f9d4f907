# The decision as a policy in Rego.
package vestibule

import rego.v1

default status := "fail"

status := "succeed" if not input.attributes.vpn_auth

status := "succeed" if {
	address := lower(input.authcred.client_hw_addr)
	some name, device in input.authret.proplist
	startswith(name, "pvt_hw_addr")
	lower(device) == address
}

outcome := {"status": status, "user": input.authret.user, "proplist": input.authret.proplist}
