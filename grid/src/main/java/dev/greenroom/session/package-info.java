/// The vocabulary that all packages share: ids, browser types, versions, refusals, endings. Values only,
/// and no library beyond the JDK.
@NullMarked
package dev.greenroom.session;

import org.jspecify.annotations.NullMarked;
