package dev.greenroom.registry;

import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;

/// A lease that somebody holds.
public record HeldLease(SessionId session, WorkerId worker) {}
