package dev.greenroom.registry.memory;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerId;

/// Something that a listener is told once the lock is free.
sealed interface RegistryEvent {
    record Freed(BrowserType browser) implements RegistryEvent {}

    record TurnCame(SessionId session) implements RegistryEvent {}

    record OrderGiven(WorkerId worker) implements RegistryEvent {}

    record SessionEndOrdered(SessionId session) implements RegistryEvent {}
}
