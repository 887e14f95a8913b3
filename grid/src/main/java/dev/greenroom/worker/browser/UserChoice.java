package dev.greenroom.worker.browser;

import dev.greenroom.worker.driver.RunFolders;
import java.util.Optional;

/// Who drivers and browsers shall run as.
public sealed interface UserChoice {
    /// It can be.
    ///
    /// @param folders theirs; the caller closes them
    /// @param warning for people, when it is the worker's own user for want of a better one
    record Made(RunFolders folders, Optional<String> warning) implements UserChoice {}

    /// The user who was insisted upon cannot run them.
    ///
    /// @param why for people
    record Refused(String why) implements UserChoice {}
}
