/// Who may ask for a session at all. A client comes in; an admitted request or a refusal goes out. Nothing here
/// waits.
@NullMarked
package dev.greenroom.proxy.admission;

import org.jspecify.annotations.NullMarked;
