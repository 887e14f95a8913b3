/// What Playwright clients ask for at a connect: launch options, their JSON, and the policy that decides
/// which of them a client may choose.
@NullMarked
package dev.greenroom.playwright;

import org.jspecify.annotations.NullMarked;
