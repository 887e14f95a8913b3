/// The worker's port. Upgrades come in, from proxies; each gets a slot of this worker's own cap and a browser, and is
/// relayed to it. What runs is known here and nowhere else: the cap and the drain count sockets, not the registry's
/// leases.
@NullMarked
package dev.greenroom.worker.gateway;

import org.jspecify.annotations.NullMarked;
