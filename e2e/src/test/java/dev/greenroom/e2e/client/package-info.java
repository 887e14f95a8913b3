/// Stock Playwright clients, as their users get them. A connect string comes in, what the client saw goes
/// out; nothing here knows how a grid works.
@NullMarked
package dev.greenroom.e2e.client;

import org.jspecify.annotations.NullMarked;
