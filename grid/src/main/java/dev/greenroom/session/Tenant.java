package dev.greenroom.session;

import java.util.OptionalInt;

/// On whose behalf a client asks: the name of its token.
///
/// @param name as in the list of tokens; `-` for everybody, where there are no tokens
/// @param queue places that it may take in a proxy's queue; empty for no limit of its own
/// @param hasNeighbours whether others are to get their share beside it
public record Tenant(String name, OptionalInt queue, boolean hasNeighbours) {
    /// Everybody, where there are no tokens.
    public static final Tenant EVERYBODY = new Tenant("-", OptionalInt.empty(), false);
}
