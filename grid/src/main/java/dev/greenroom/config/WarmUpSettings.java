package dev.greenroom.config;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What was removed, and is still accepted.
@Section("Removed")
public record WarmUpSettings(
        @Setting(
                name = "WARM_UP",
                meaning = "Has no effect: nothing is warmed up any more. It is accepted, with a warning, and will be"
                        + " refused in a later release.")
        Optional<String> warmUp) {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUpSettings.class);

    /// Says that it has no effect, where somebody has set it.
    public void warnIfSet() {
        warmUp.ifPresent(_ -> LOG.atWarn()
                .addKeyValue("code", "WARM_UP_IGNORED")
                .log("WARM_UP has no effect any more; remove it, since a later release will refuse it"));
    }
}
