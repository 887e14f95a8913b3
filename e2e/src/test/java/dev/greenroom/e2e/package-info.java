/// The product as its users meet it: stock Playwright clients, real browsers, a real Redis, real signals.
/// What comes in is the built jar; nothing here reaches into the product's classes, and nothing is skipped
/// because a tool is missing.
@NullMarked
package dev.greenroom.e2e;

import org.jspecify.annotations.NullMarked;
