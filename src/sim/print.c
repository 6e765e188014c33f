// SPDX-License-Identifier: MIT OR Apache-2.0
// Results as a table, as JSON, and as small SVG plots.
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/sim.h"

static double per(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : (double)part / (double)whole;
}

void pp_sim_print(FILE *out, const pp_sim_config *c, const pp_sim_result *r, size_t len) {
    fprintf(out, "%u requests, %u provers, seed %llu, adversary %s", c->requests, c->provers,
            (unsigned long long)c->seed, pp_sim_adversary_name(c->adversary));
    if (c->adversary >= PP_SIM_WITHHOLD && c->adversary != PP_SIM_SPAM &&
        c->adversary != PP_SIM_SHILL)
        fprintf(out, " (%u %% of the provers)", c->adversaries);
    fprintf(out, ": %s\n\n", pp_sim_adversary_text(c->adversary));
    fprintf(out, "%-27s %8s %8s %8s %8s %10s %10s   %s\n", "rules", "served", "stalled", "p50 s",
            "p90 s", "price/cost", "stake lost", "work by speed, slow to fast");
    for (size_t i = 0; i < len; i++) {
        fprintf(out, "%-27s %6.2f %% %6.2f %% %8.1f %8.1f %10.2f %10.2f  ",
                pp_sim_rules_name(r[i].rules), 100 * per(r[i].served, r[i].requests),
                100 * per(r[i].stalled, r[i].requests), (double)r[i].time_p50 / 1000,
                (double)r[i].time_p90 / 1000, per(r[i].price_sum, r[i].cost_sum),
                per(r[i].stake_lost, r[i].cost_sum));
        for (int k = 0; k < PP_SIM_SIZES; k++)
            fprintf(out, " %5.1f %%", (double)r[i].work_share[k] / 100);
        if (c->adversary == PP_SIM_THIEF)
            fprintf(out, "   pay taken by the copier: %.2f %%",
                    100 * per(r[i].stolen, r[i].served));
        fprintf(out, "\n");
        if (r[i].broken) fprintf(out, "  BROKEN INVARIANT: %s\n", r[i].broken);
    }
    fprintf(out,
            "\nstalled: an assignment failed. price/cost: paid for each unit of the winners' own "
            "cost.\nstake lost: in the same units, all requests together. Rules only: no network "
            "was measured.\n");
}

void pp_sim_print_json(FILE *out, const pp_sim_config *c, const pp_sim_result *r, size_t len) {
    fprintf(out,
            "{\"seed\": %llu, \"requests\": %u, \"provers\": %u, \"adversary\": \"%s\", "
            "\"adversaries_percent\": %u, \"rules\": [",
            (unsigned long long)c->seed, c->requests, c->provers,
            pp_sim_adversary_name(c->adversary), c->adversaries);
    for (size_t i = 0; i < len; i++) {
        fprintf(out,
                "%s\n  {\"name\": \"%s\", \"served\": %u, \"stalled\": %u, \"time_ms\": {\"p50\": "
                "%llu, "
                "\"p90\": %llu, \"mean\": %llu}, \"price_gwei\": %llu, \"cost_gwei\": %llu, "
                "\"stake_lost_gwei\": %llu, \"stolen\": %u, \"work_share_by_speed\": [",
                i ? "," : "", pp_sim_rules_name(r[i].rules), r[i].served, r[i].stalled,
                (unsigned long long)r[i].time_p50, (unsigned long long)r[i].time_p90,
                (unsigned long long)r[i].time_mean, (unsigned long long)r[i].price_sum,
                (unsigned long long)r[i].cost_sum, (unsigned long long)r[i].stake_lost,
                r[i].stolen);
        for (int k = 0; k < PP_SIM_SIZES; k++)
            fprintf(out, "%s%.4f", k ? ", " : "", (double)r[i].work_share[k] / 10000);
        fprintf(out, "], \"served_within\": [");
        for (int k = 0; k < PP_SIM_TIMES; k++)
            fprintf(out, "%s[%d, %.4f]", k ? ", " : "", (k + 1) * PP_SIM_CURVE_STEP / 1000,
                    (double)r[i].time_curve[k] / 10000);
        fprintf(out, "], \"broken_invariant\": ");
        if (r[i].broken)
            fprintf(out, "\"%s\"}", r[i].broken);
        else
            fprintf(out, "null}");
    }
    fprintf(out, "\n]}\n");
}

// ---- plots
// ------------------------------------------------------------------------------------------

// Macros, for sums with numbers that are not whole.
#define WIDTH 760
#define HEIGHT 380
#define LEFT 70
#define RIGHT 230
#define TOP 66
#define BOTTOM 50
static const char *const colours[] = {"#9aa0a6", "#c58b4e", "#7b5ea7", "#1b9e77",
                                      "#2c7fb8", "#d6336c", "#5f6368"};

static FILE *begin(pp_err *err, const char *dir, const char *name, const char *title,
                   const pp_sim_config *c) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.svg", dir, name) >= (int)sizeof path) {
        pp_err_set(err, PP_EXIT_USAGE, "%s: the path is too long", dir);
        return NULL;
    }
    FILE *f = fopen(path, "w");
    if (!f) {
        pp_err_set(err, PP_EXIT_USAGE, "%s: %s", path, strerror(errno));
        return NULL;
    }
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
            "font-family=\"sans-serif\" "
            "font-size=\"13\">\n<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n"
            "<text x=\"%d\" y=\"22\" font-size=\"16\">%s</text>\n"
            "<text x=\"%d\" y=\"40\" fill=\"#555\">adversary: %s; %u requests, %u provers, seed "
            "%llu</text>\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT, title, LEFT, pp_sim_adversary_name(c->adversary),
            c->requests, c->provers, (unsigned long long)c->seed);
    return f;
}

static bool end(pp_err *err, FILE *f, const char *dir) {
    fprintf(f, "</svg>\n");
    bool bad = ferror(f) != 0;
    if (fclose(f) != 0 || bad) return pp_err_set(err, PP_EXIT_USAGE, "%s: cannot be written", dir);
    return true;
}

static double y_of(double value, double top) {
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
}

// The least 4, 8, 10 or 20 times a power of ten that holds the largest value: four round steps.
static double top_of(double most) {
    static const double steps[] = {4, 8, 10, 20};
    double unit = 1e-6;
    for (; most > 0; unit *= 10)
        for (size_t i = 0; i < PP_COUNT(steps); i++)
            if (most <= steps[i] * unit) return steps[i] * unit;
    return 1;
}

static void grid(FILE *f, double top, const char *unit) {
    for (int i = 0; i <= 4; i++) {
        double y = y_of(top * i / 4, top);
        fprintf(f,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g%s</text>\n",
                LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, top * i / 4, unit);
    }
}

static void legend(FILE *f, const pp_sim_result *r, size_t len) {
    for (size_t i = 0; i < len; i++)
        fprintf(f,
                "<rect x=\"%d\" y=\"%zu\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                "<text x=\"%d\" y=\"%zu\">%s</text>\n",
                WIDTH - RIGHT + 20, TOP + 22 * i, colours[r[i].rules], WIDTH - RIGHT + 38,
                TOP + 11 + 22 * i, pp_sim_rules_name(r[i].rules));
}

// Groups of bars: values[group * len + rule].
static bool bars(pp_err *err, const char *dir, const char *name, const char *title,
                 const char *unit, const pp_sim_config *c, const pp_sim_result *r, size_t len,
                 const double *values, const char *const *groups, size_t groups_len) {
    FILE *f = begin(err, dir, name, title, c);
    if (!f) return false;
    double top = 0;
    for (size_t i = 0; i < len * groups_len; i++)
        if (values[i] > top) top = values[i];
    top = top_of(top);
    grid(f, top, unit);
    double group = (double)(WIDTH - LEFT - RIGHT) / (double)groups_len;
    double width = group * 0.85 / (double)len;
    for (size_t g = 0; g < groups_len; g++) {
        for (size_t i = 0; i < len; i++) {
            double v = values[g * len + i],
                   x = LEFT + group * ((double)g + 0.07) + width * (double)i;
            fprintf(
                f,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"><title>%s: "
                "%.4g%s</title></rect>\n",
                x, y_of(v, top), width * 0.9, y_of(0, top) - y_of(v, top), colours[r[i].rules],
                pp_sim_rules_name(r[i].rules), v, unit);
            if (groups_len == 1)
                fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.4g</text>\n",
                        x + width * 0.45, y_of(v, top) - 4, v);
        }
        fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                LEFT + group * ((double)g + 0.5), HEIGHT - BOTTOM + 20, groups[g]);
    }
    legend(f, r, len);
    return end(err, f, dir);
}

static bool curve(pp_err *err, const char *dir, const pp_sim_config *c, const pp_sim_result *r,
                  size_t len) {
    FILE *f = begin(err, dir, "time", "Share of requests proven within a time", c);
    if (!f) return false;
    grid(f, 100, " %");
    double step = (double)(WIDTH - LEFT - RIGHT) / (int)PP_SIM_TIMES;
    for (size_t i = 0; i < len; i++) {
        fprintf(f, "<polyline fill=\"none\" stroke-width=\"2.5\" stroke=\"%s\" points=\"%d,%d",
                colours[r[i].rules], LEFT, HEIGHT - BOTTOM);
        for (int k = 0; k < PP_SIM_TIMES; k++)
            fprintf(f, " %.1f,%.1f", LEFT + step * (k + 1),
                    y_of((double)r[i].time_curve[k] / 100, 100));
        fprintf(f, "\"/>\n");
    }
    for (int k = 4; k <= PP_SIM_TIMES; k += 4)
        fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d s</text>\n",
                LEFT + step * k, HEIGHT - BOTTOM + 20, k * PP_SIM_CURVE_STEP / 1000);
    legend(f, r, len);
    return end(err, f, dir);
}

bool pp_sim_plot(pp_err *err, const char *dir, const pp_sim_config *c, const pp_sim_result *r,
                 size_t len) {
    static const char *const all[] = {"all requests"};
    static const char *const sizes[] = {"slowest", "slow", "fast", "fastest"};
    double served[PP_SIM_RULES_LEN], price[PP_SIM_RULES_LEN], stake[PP_SIM_RULES_LEN];
    double stalled[PP_SIM_RULES_LEN], stolen[PP_SIM_RULES_LEN];
    double share[PP_SIM_SIZES * PP_SIM_RULES_LEN];
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return pp_err_set(err, PP_EXIT_USAGE, "%s: %s", dir, strerror(errno));
    for (size_t i = 0; i < len; i++) {
        served[i] = 100 * per(r[i].served, r[i].requests);
        price[i] = per(r[i].price_sum, r[i].cost_sum);
        stake[i] = per(r[i].stake_lost, r[i].cost_sum);
        stalled[i] = 100 * per(r[i].stalled, r[i].requests);
        stolen[i] = 100 * per(r[i].stolen, r[i].served);
        for (size_t k = 0; k < PP_SIM_SIZES; k++)
            share[k * len + i] = (double)r[i].work_share[k] / 100;
    }
    return bars(err, dir, "served", "Requests served", " %", c, r, len, served, all, 1) &&
           curve(err, dir, c, r, len) &&
           bars(err, dir, "price", "Price paid per unit of the winners' cost", "", c, r, len, price,
                all, 1) &&
           bars(err, dir, "stake", "Stake lost, in units of the cost of all that was served", "", c,
                r, len, stake, all, 1) &&
           bars(err, dir, "sizes", "Share of the work by the provers' speed", " %", c, r, len,
                share, sizes, PP_SIM_SIZES) &&
           bars(err, dir, "stalled", "Requests whose assigned prover missed its deadline", " %", c,
                r, len, stalled, all, 1) &&
           (c->adversary != PP_SIM_THIEF ||
            bars(err, dir, "stolen", "Requests whose pay went to who copied the proof", " %", c, r,
                 len, stolen, all, 1));
}
