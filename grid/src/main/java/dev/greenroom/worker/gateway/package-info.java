/// The worker's port and its sessions. Upgrades come in from proxies, on a path that names the worker run;
/// each gets a slot of the process and a browser, and is relayed. The cap and the drain count sockets, not
/// the leases of the registry.
@NullMarked
package dev.greenroom.worker.gateway;

import org.jspecify.annotations.NullMarked;
