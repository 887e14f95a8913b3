package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import dev.greenroom.config.settings.WorkerSections.DriverSettings;

/// All settings of `greenroom doctor`. It also checks the settings of the other commands that it finds in
/// the environment.
public record DoctorSettings(GridSettings grid, RedisSettings redis, DriverSettings driver, Examination examination)
        implements ToolSettings {

    /// How thorough the checks are, and how the findings are shown.
    @SettingsSection("Checks")
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
                    meaning = "Open no session; all other checks only read.")
            boolean noSession,

            @Setting(
                    name = "--proxies",
                    where = Setting.Where.FLAG,
                    fallback = "1",
                    meaning = "Number of proxies that the limits of tokens are divided by, 1 to 1000; more "
                            + "running proxies are a warning.")
            int proxies,

            @Setting(
                    name = "--json",
                    where = Setting.Where.FLAG,
                    fallback = "false",
                    meaning = "Print the findings as JSON.")
            boolean json) {
        private static final int MOST_PROXIES = 1_000;

        /// A grid has at least one proxy.
        public Examination {
            new SettingsRules().within("--proxies", proxies, 1, MOST_PROXIES).check();
        }
    }
}
