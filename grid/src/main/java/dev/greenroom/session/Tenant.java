package dev.greenroom.session;

import java.util.OptionalInt;

/// The tenant of a client: the name of its token.
///
/// @param name as in the list of tokens; `-` for all clients, where no tokens are configured
/// @param queue how many of its clients may wait in a proxy's queue; empty for no limit of its own
/// @param hasNeighbours whether other tenants share the grid with it
public record Tenant(String name, OptionalInt queue, boolean hasNeighbours) {
    /// All clients, where no tokens are configured.
    public static final Tenant EVERYBODY = new Tenant("-", OptionalInt.empty(), false);
}
