package dev.greenroom.registry;

import java.time.Duration;

/// A session's wait for a slot.
///
/// @param waited how long it has lasted already
public record Wait(SlotRequest wish, Duration waited) {}
