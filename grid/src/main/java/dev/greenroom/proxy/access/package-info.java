/// Who may use the proxy's port, for sessions and for everything else: allowed host names, origins,
/// tokens, rate limits. A request head comes in; an authorized tenant or a refusal goes out. Nothing
/// here waits or asks the registry.
@NullMarked
package dev.greenroom.proxy.access;

import org.jspecify.annotations.NullMarked;
