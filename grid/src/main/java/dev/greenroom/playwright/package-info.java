/// The launch options of Playwright clients: parsing, writing, and the policy that decides which of them
/// a client may choose.
@NullMarked
package dev.greenroom.playwright;

import org.jspecify.annotations.NullMarked;
