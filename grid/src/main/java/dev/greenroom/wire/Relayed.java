package dev.greenroom.wire;

import dev.greenroom.session.Ending;

/// A relay that is over.
public record Relayed(Ending ending, Traffic traffic) {}
