/// The port of the worker process and the sessions of its runs. Upgrades come in, from proxies; the path says which run
/// they are for; each gets a slot of the process' own cap and a browser, and is
/// relayed to it. What runs is known here and nowhere else: the cap and the drain count sockets, not the registry's
/// leases.
@NullMarked
package dev.greenroom.worker.gateway;

import org.jspecify.annotations.NullMarked;
