package dev.greenroom.registry;

import dev.greenroom.session.SessionId;

/// A session's place in line.
///
/// @param ahead sessions that are served before this one
/// @param turn whether there is a slot for it now: [Registry#acquire] is worth a call
public record Place(SessionId session, int ahead, boolean turn) {}
