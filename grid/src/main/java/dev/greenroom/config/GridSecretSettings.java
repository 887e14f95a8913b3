package dev.greenroom.config;

import java.util.Optional;

/// What proxies and workers of one grid know, and nobody else.
@Section("Trust within the grid")
public record GridSecretSettings(
        @Setting(
                name = "WORKER_SECRET",
                meaning = "The same on every proxy and worker, 16 characters or more: both prove that they know it,"
                        + " for each session. Workers without it are not used.",
                secret = true)
        Optional<Secret> secret) {
    private static final int MIN_LENGTH = 16;

    /// Long enough not to be guessed.
    public GridSecretSettings {
        new Rules()
                .that(
                        secret.isEmpty() || secret.get().value().length() >= MIN_LENGTH,
                        "must have " + MIN_LENGTH + " characters or more; openssl rand -hex 24 makes one",
                        "WORKER_SECRET")
                .check();
    }

    /// Nothing to prove.
    public static GridSecretSettings none() {
        return new GridSecretSettings(Optional.empty());
    }
}
