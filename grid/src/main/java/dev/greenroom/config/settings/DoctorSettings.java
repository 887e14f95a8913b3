package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.settings.WorkerSections.DriverSettings;

/// Everything that `greenroom doctor` can be told. What it finds in the environment beside this, it
/// examines.
public record DoctorSettings(GridSettings grid, RedisSettings redis, DriverSettings driver, Examination examination)
        implements ToolSettings {

    /// How thorough, and how the findings are shown.
    @SettingsSection("Examination")
    public record Examination(
            @Setting(
                    name = "--strict",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Exit with 1 on a warning too.")
            boolean strict,

            @Setting(
                    name = "--no-session",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Open no session; everything else only looks.")
            boolean noSession,

            @Setting(
                    name = "--proxies",
                    where = Setting.Where.FLAG,
                    fallback = "1",
                    meaning = "Proxies for which the limits of tokens are divided, 1 to 1000: more than that are a"
                            + " warning.")
            int proxies,

            @Setting(name = "--json", where = Setting.Where.FLAG, fallback = "false", meaning = "The findings as JSON.")
            boolean json) {
        private static final int MOST_PROXIES = 1_000;

        /// No grid is without a proxy.
        public Examination {
            new SettingsRules().within("--proxies", proxies, 1, MOST_PROXIES).check();
        }
    }
}
