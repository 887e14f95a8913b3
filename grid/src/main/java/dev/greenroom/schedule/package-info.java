/// Periodic tasks that survive and log any failure, exponential backoff, subscriptions that can be closed,
/// and warnings that do not flood the log.
@NullMarked
package dev.greenroom.schedule;

import org.jspecify.annotations.NullMarked;
