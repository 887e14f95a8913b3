/// Who may use a proxy's port, for sessions and for everything else: by which name it is called, from which web page,
/// with which token, how often. A request head comes in; a holder of a token or a refusal goes out. Nothing here
/// touches the registry or waits.
@NullMarked
package dev.greenroom.access;

import org.jspecify.annotations.NullMarked;
