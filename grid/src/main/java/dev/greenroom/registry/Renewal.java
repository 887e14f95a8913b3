package dev.greenroom.registry;

import dev.greenroom.session.SessionId;
import java.util.List;

/// What a proxy is told when it renews leases.
///
/// @param restored sessions whose leases the registry had lost, and with them what it knew of the sessions
/// @param toEnd sessions that somebody has ordered to end
public record Renewal(List<SessionId> restored, List<SessionId> toEnd) {}
