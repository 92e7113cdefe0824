"""Reduce chips' data sheets, export rules and measured throughput to the tables of the chapter on export controls.

Usage: python scripts/tables/export_controls.py EVIDENCE_DIR
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from writer import run

FOLDER = "compute-and-prices"

# Name in the source: name on the page, kind. One row a chip: variants that differ by board only are left out, and two rows that cannot be right (MI308X
# with twice the bandwidth of the chip it is cut from and more arithmetic than it was exported with; MXC500 with ten times that of its kind of memory).
CHIPS = {
    "NVIDIA A100 SXM4 40 GB": ("A100 40GB", "data centre"),
    "NVIDIA A100 SXM4 80 GB": ("A100 80GB", "data centre"),
    "NVIDIA A800 SXM": ("A800", "data centre"),
    "NVIDIA A40 PCIe": ("A40", "data centre"),
    "NVIDIA H100 SXM5 80GB": ("H100", "data centre"),
    "NVIDIA H100 PCIe": ("H100 PCIe", "data centre"),
    "NVIDIA H100 NVL": ("H100 NVL", "data centre"),
    "NVIDIA H800 SXM5": ("H800", "data centre"),
    "NVIDIA H200 SXM": ("H200", "data centre"),
    "NVIDIA HGX H20": ("H20", "data centre"),
    "NVIDIA L4": ("L4", "data centre"),
    "NVIDIA L40": ("L40", "data centre"),
    "NVIDIA L20 PCle": ("L20", "data centre"),
    "NVIDIA L2 PCle": ("L2", "data centre"),
    "NVIDIA B200": ("B200", "data centre"),
    "NVIDIA GB200": ("GB200", "data centre"),
    "NVIDIA B300 (Blackwell Ultra)": ("B300", "data centre"),
    "NVIDIA GB300 (Blackwell Ultra)": ("GB300", "data centre"),
    "NVIDIA RTX Pro 6000 Blackwell": ("RTX Pro 6000", "workstation"),
    "NVIDIA RTX A6000": ("RTX A6000", "workstation"),
    "NVIDIA GeForce RTX 3080": ("RTX 3080", "workstation"),
    "NVIDIA GeForce RTX 3090": ("RTX 3090", "workstation"),
    "NVIDIA GeForce RTX 4080": ("RTX 4080", "workstation"),
    "NVIDIA GeForce RTX 4090": ("RTX 4090", "workstation"),
    "AMD Radeon Instinct MI250X": ("MI250X", "data centre"),
    "AMD Instinct MI300A": ("MI300A", "data centre"),
    "AMD Instinct MI300X": ("MI300X", "data centre"),
    "AMD Instinct MI325X": ("MI325X", "data centre"),
    "AMD Instinct MI355X": ("MI355X", "data centre"),
    "Intel Habana Gaudi2": ("Gaudi2", "data centre"),
    "Intel Habana Gaudi3": ("Gaudi3", "data centre"),
    "Google TPU v4": ("TPU v4", "data centre"),
    "Google TPU v5e": ("TPU v5e", "data centre"),
    "Google TPU v5p": ("TPU v5p", "data centre"),
    "Google TPU v6e Trillium": ("TPU v6e", "data centre"),
    "Google TPU v7 Ironwood": ("TPU v7", "data centre"),
    "Amazon Trainium1": ("Trainium1", "data centre"),
    "AWS Inferentia2": ("Inferentia2", "data centre"),
    "Amazon Trainium2": ("Trainium2", "data centre"),
    "Microsoft Maia 200": ("Maia 200", "data centre"),
    "Meta MTIA 300": ("MTIA 300", "data centre"),
    "GroqChip LPU v1": ("Groq LPU", "data centre"),
    "Huawei Ascend 910B": ("Ascend 910B", "data centre"),
    "Huawei Ascend 910C": ("Ascend 910C", "data centre"),
    "Biren BR100": ("BR100", "data centre"),
    "Baidu Kunlun II": ("Kunlun II", "data centre"),
    "Cambricon MLU370-X8": ("MLU370-X8", "data centre"),
    "MTT S4000": ("MTT S4000", "data centre"),
}
# Aggregate bandwidth of the chip-to-chip link, GB/s, where the chips file has none: name, value, source.
LINKS = {
    "A800": (400, "reported (TAdviser)"),
    "H800": (400, "reported; other reports say about 300"),
    **{card: (64, "bus, no link between cards (data sheet of the L40)") for card in ("L40", "L4", "L20", "L2")},
}
# The source dates this chip by day and month exchanged, before the rule it was made for; its cards are dated 3 and 8 November 2022.
RELEASED = {"A800": "2022-11-08"}
DOUBTS = {"A800": "listed as released on 11 August 2022, before the rule it was made for; read as 8 November", "Ascend 910B": "memory listed as that of the older 910; its variants are listed with twice as much"}
# Eight-bit rate not listed; twice the 16-bit rate, as for the other chips of their generation.
DOUBLE = ("H100 PCIe", "H100 NVL")
OWN_USE = ("Google", "Amazon AWS", "Microsoft", "Meta")
CHINESE = ("Huawei", "Biren", "Kunlunxin Baidu", "Cambricon", "MetaX", "Moore Threads (Tencent)")
TCO = {"H200": "H200 SXM", "B200": "B200 SXM", "GB200": "GB200 NVL72", "MI300X": "MI300X", "MI325X": "MI325X", "MI355X": "MI355X"}
TERA, GIGA = 1e12, 1e9


def read(evidence: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(evidence / FOLDER / f"{name}.csv", low_memory=False)


def export_chips(evidence: Path) -> pd.DataFrame:
    source = read(evidence, "chips").set_index("chip").loc[list(CHIPS)].reset_index()
    cost = read(evidence, "accelerator_tco_inferencex").set_index("accelerator")
    names = source["chip"].map(lambda chip: CHIPS[chip][0])
    tensor, plain = source["tensor_fp16_bf16_flop_per_s"] / TERA, source["fp16_flop_per_s"] / TERA
    eight = source[["fp8_flop_per_s", "int8_op_per_s"]].max(axis=1) / TERA
    # Where the tensor rate at 16 bits is missing: the listed 16-bit rate if an 8-bit one confirms it, else half of the 8-bit rate.
    confirmed = (plain / eight).between(0.25, 1.1) | (plain > 150)
    sixteen = tensor.fillna(plain.where(confirmed)).fillna(eight / 2)
    basis = np.select([tensor.notna(), confirmed], ["listed tensor rate", "listed 16-bit rate"], "half of the 8-bit rate")
    eight = eight.fillna((2 * sixteen).where(names.isin(DOUBLE)))
    link = source["intranode_bandwidth_byte_per_s"] / GIGA
    link_basis = pd.Series(np.where(link.notna(), "chips file", ""), index=source.index)
    for row, name in names.items():
        if np.isnan(link[row]) and name in LINKS:
            link[row], link_basis[row] = LINKS[name]
        elif np.isnan(link[row]) and name in TCO:
            link[row], link_basis[row] = 2 * cost.loc[TCO[name], "scale_up_bandwidth_gb_per_s_one_way"], "twice the one-way rate of the cost table"
    four = source["fp4_flop_per_s"] / TERA
    computed = pd.concat([16 * sixteen, 8 * eight, 4 * four], axis=1).max(axis=1)
    listed = source["tpp_bit_op_per_s"] / TERA
    doubt = pd.Series(names.map(DOUBTS).fillna(""), index=source.index)
    doubt[(doubt == "") & (computed / listed).sub(1).abs().gt(0.1)] = "listed TPP differs by more than a tenth from the listed rates"
    doubt[(doubt == "") & listed.isna()] = "TPP not listed; computed from the rates"
    kind = names.map({CHIPS[chip][0]: CHIPS[chip][1] for chip in CHIPS})
    table = pd.DataFrame(
        {
            "chip": names,
            "maker": source["manufacturer"].fillna("Groq"),
            "kind": kind,
            "offered": np.select([source["manufacturer"].isin(OWN_USE), source["manufacturer"].isin(CHINESE)], ["own use", "Chinese maker"], "sold"),
            "released": names.map(RELEASED).fillna(source["release_date"]),
            "rate_16_bit": sixteen.round(1),
            "rate_16_bit_basis": basis,
            "rate_8_bit": eight.round(1),
            "rate_4_bit": four.round(1),
            "memory": source["memory_bytes"] / GIGA,
            "memory_kind": np.where(names == "Groq LPU", "on-chip", "DRAM"),
            "memory_bandwidth": source["memory_bandwidth_byte_per_s"] / GIGA,
            "link_bandwidth": link,
            "link_basis": link_basis,
            "die_area": source["die_size_mm2"],
            "power": source["tdp_w"],
            "tpp": listed.fillna(computed).round(0),
            "doubt": doubt,
            "available_from": names.map(RELEASED).fillna(source["release_date"]),
        }
    )
    h20 = table["chip"] == "H20"
    # The report gives H20's density and not its area: 2,368 / 2.9.
    facts = read(evidence, "chips_supplement").query("chip == 'NVIDIA H20' and quantity == 'performance_density'")["value"].iloc[0]
    table.loc[h20, "die_area"] = (table.loc[h20, "tpp"] / facts).round(0)
    return table.sort_values(["released", "chip"]).reset_index(drop=True)


def export_chip_reports(evidence: Path) -> pd.DataFrame:
    source = read(evidence, "chips_supplement").query("provenance != 'memory'")
    table = source[["chip", "quantity", "value", "unit", "source_title", "source_url"]].rename(columns={"unit": "value_unit"})
    return table.assign(available_from="2026-08-01").reset_index(drop=True)


def export_rules(evidence: Path) -> pd.DataFrame:
    """Criteria on a single chip; caps on volumes, shares and duties are left out."""
    source = read(evidence, "export_control_thresholds")
    quantity = {
        "aggregate_bidirectional_io_bandwidth": "link_bandwidth",
        "sum_of_bit_length_times_tops": "tpp",
        "total_processing_performance": "tpp",
        "performance_density": "density",
        "total_dram_bandwidth": "memory_bandwidth",
        "io_bandwidth": "link_bandwidth",
        "dram_plus_io_bandwidth": "memory_plus_link",
    }
    rows = source[source["quantity"].isin(quantity)].copy()
    rule = rows["rule_id"].str.extract(r"^([a-z]{3}\d{4})")[0]
    clause = {"oct2022_a": "a", "oct2022_b": "a", "oct2023_a1": "a1", "oct2023_a2": "a2", "oct2023_b1": "b1", "oct2023_b2": "b2"}
    extra = {"oct2023_a2": (1600, np.nan, ""), "oct2023_b1": (2400, 4800, 5.92), "oct2023_b2": (1600, np.nan, 5.92)}
    out = pd.DataFrame(
        {
            "rule": rule,
            "criterion": rows["rule_id"],
            "clause": rows["rule_id"].map(clause).fillna(rows["rule_id"].str.split("_").str[1]),
            "announced": rows["announced"],
            "effective": rows["effective"],
            "quantity": rows["quantity"].map(quantity),
            "operator": rows["operator"],
            "threshold": rows["threshold"].astype(float),
            "combined_with": rows["combined_with"].fillna(""),
            "tpp_from": rows["rule_id"].map({k: v[0] for k, v in extra.items()}),
            "tpp_below": rows["rule_id"].map({k: v[1] for k, v in extra.items()}),
            "density_below": pd.to_numeric(rows["rule_id"].map({k: v[2] for k, v in extra.items()})),
            "status": rows["status"].replace("lifted for H20/MI308 July 2025", "licences for H20 and MI308 promised in July 2025, granted in August on a share of revenue"),
            "source_title": rows["source_title"],
            "source_url": rows["source_url"],
            "available_from": rows["announced"],
        }
    )
    return out.reset_index(drop=True)


LLAMA_CPP = {
    "3080 10GB": "RTX 3080", "3090 24GB": "RTX 3090", "4080 16GB": "RTX 4080", "4090 24GB": "RTX 4090", "RTX A6000 48GB": "RTX A6000",
    "A40 48GB": "A40", "A100 SXM 80GB": "A100 80GB", "H100 PCIe 80GB": "H100 PCIe",
}
MODELS = {"Llama-3-8B": "Llama 3 8B", "Llama-3-70B": "Llama 3 70B", "Llama 3.1 8B": "Llama 3 8B", "Llama 3.3 70B": "Llama 3 70B", "Llama 3.1 405B": "Llama 3 405B"}
COLUMNS = ["source", "software", "configuration", "chip", "chips", "model", "weight_format", "phase", "input_tokens", "output_tokens", "batch", "tokens_per_second", "available_from"]


def inference_speeds(evidence: Path) -> pd.DataFrame:
    """One card with llama.cpp, dense Llama models at full load with TensorRT-LLM, and the batch sweep of Llama 3.1 405B with vLLM."""
    cpp = read(evidence, "llamacpp_llama3_speeds")
    cpp = cpp[(cpp["n_devices"] == 1) & cpp["device"].isin(LLAMA_CPP)]
    decode = cpp["phase"] == "decode_batch1"
    # The A100 reads at 16 bits a tenth as fast as at 4 bits: a fault of that run.
    cpp = cpp[decode | ((cpp["weight_format"] == "F16") & (cpp["device"] != "A100 SXM 80GB"))]
    decode = cpp["phase"] == "decode_batch1"
    parts = [
        cpp.assign(
            source="llama.cpp", software="llama.cpp " + cpp["weight_format"].map({"F16": "16 bit", "Q4_K_M": "4 bit"}), chip=cpp["device"].map(LLAMA_CPP), chips=1,
            model=cpp["model"].map(MODELS), weight_format=cpp["weight_format"], phase=np.where(decode, "decode", "prefill"),
            input_tokens=np.where(decode, 0, cpp["n_tokens"]), output_tokens=np.where(decode, cpp["n_tokens"], 0), batch=1,
            tokens_per_second=cpp["tokens_per_s"], available_from="2024-05-31",
        )
    ]
    trt = read(evidence, "trtllm_max_throughput")
    trt = trt[trt["model"].isin(MODELS)]
    parts.append(
        trt.assign(
            source="TensorRT-LLM", software="TensorRT-LLM " + trt["weight_precision"], chip=trt["gpu"], chips=trt["n_gpus"], model=trt["model"].map(MODELS),
            weight_format=trt["weight_precision"], phase="both", batch=np.nan, tokens_per_second=trt["output_tokens_per_s"], available_from="2025-09-24",
        )
    )
    sweep = read(evidence, "llama405b_vllm_batch_sweep")
    # The two-replica rows repeat the latencies of the four-chip replica.
    sweep = sweep[sweep["label_in_source"] != "8xMi300x 2FP8-amd"]
    foreign = sweep["label_in_source"] == "8xMi300x 1FP8-meta"
    parts.append(
        sweep.assign(
            source="vLLM", software=np.where(foreign, "vLLM, other maker's format", "vLLM"), chip=sweep["accelerator"].map({"H100 SXM5 80GB": "H100", "MI300X 192GB": "MI300X"}),
            chips=sweep["n_accelerators"], model="Llama 3 405B", weight_format="FP8", phase="both", batch=sweep["batch_size"],
            tokens_per_second=sweep["output_tokens_per_s"], available_from="2024-12-05",
        )
    )
    table = pd.concat(parts, ignore_index=True)
    table["configuration"] = table["source"] + ", " + table["chips"].astype(str) + " x " + table["chip"] + ", " + table["model"] + ", " + table["weight_format"] + np.where(table["software"] == "vLLM, other maker's format", ", other maker's", "") + np.where(table["phase"] == "prefill", ", prefill", "")
    return table[COLUMNS]


MLPERF = {
    "NVIDIA H100-SXM-80GB": "H100", "NVIDIA H100-SXM5-80GB": "H100", "NVIDIA H100-PCIe-80GB": "H100 PCIe", "NVIDIA H100-NVL-94GB": "H100 NVL",
    "NVIDIA H200-SXM-141GB": "H200", "NVIDIA H200-SXM5-141GB": "H200", "NVIDIA H200-SXM-141GB-CTS": "H200 at 1000 W",
    "NVIDIA B200-SXM-180GB": "B200", "NVIDIA Blackwell GPU (B200-SXM-180GB)": "B200", "NVIDIA GB200": "GB200", "NVIDIA Blackwell GPU (GB200)": "GB200",
    "NVIDIA Blackwell Ultra GPU (B300-SXM-270GB)": "B300", "NVIDIA Blackwell Ultra GPU (GB300)": "GB300",
    "AMD Instinct MI300X-NPS1-SPX-192GB-750W": "MI300X", "AMD MI300X-NPS1-SPX-192GB-750W": "MI300X", "AMD Instinct MI300X 192GB HBM3": "MI300X",
    "AMD Instinct MI325X 256GB HBM3e": "MI325X", "AMD Instinct MI325X 256GB HBM3E": "MI325X", "AMD Instinct MI325X 256GB HBM3E DLC": "MI325X",
    "AMD Instinct MI350X": "MI350X", "AMD Instinct MI355X": "MI355X", "NVIDIA RTX PRO 6000 Blackwell Server Edition": "RTX Pro 6000",
}
PUBLISHED = {("inference", "v4.1"): "2024-08-28", ("inference", "v5.1"): "2025-09-09", ("training", "v4.1"): "2024-11-13", ("training", "v5.0"): "2025-06-04", ("training", "v5.1"): "2025-11-12"}


def mlperf_llama2_70b(evidence: Path) -> pd.DataFrame:
    """Entries of one model in both disciplines: offline and interactive inference, and fine-tuning on eight chips."""
    serve = read(evidence, "mlperf_inference")
    serve = serve[(serve["benchmark"] == "llama2-70b-99") & serve["scenario"].isin(["Offline", "Interactive"]) & serve["accelerator"].isin(MLPERF) & (serve["accelerators_total"] <= 8)]
    train = read(evidence, "mlperf_training")
    train = train[(train["benchmark"] == "llama2_70b_lora") & train["accelerator"].isin(MLPERF) & (train["accelerators_total"] == 8)]
    columns = ["discipline", "round", "submitter", "system", "chip", "chips", "value", "value_unit", "weight_format"]
    serve = serve.assign(discipline=serve["scenario"].map({"Offline": "inference, offline", "Interactive": "inference, interactive"}), chips=serve["accelerators_total"].astype(int), value=serve["result_per_accelerator"], value_unit="tokens per second and chip", weight_format=serve["weight_data_types"].fillna(""))
    train = train.assign(discipline="training", chips=train["accelerators_total"].astype(int), value=train["minutes_olympic_mean"], value_unit="minutes", weight_format="")
    table = pd.concat([serve, train], ignore_index=True)
    table["chip"] = table["accelerator"].map(MLPERF)
    table["available_from"] = [PUBLISHED["training" if d == "training" else "inference", r] for d, r in zip(table["discipline"], table["round"], strict=True)]
    table = table[[*columns, "available_from"]].sort_values(["discipline", "round", "chip", "submitter", "system"]).reset_index(drop=True)
    table.insert(0, "entry", np.arange(1, len(table) + 1))
    return table


TRAINED_ON = {
    "NVIDIA A100": "A100 80GB", "NVIDIA A100 SXM4 80 GB": "A100 80GB", "NVIDIA A100 SXM4 40 GB": "A100 40GB", "NVIDIA A800 PCIe 40 GB": "A800", "Google TPU v4": "TPU v4", "Google TPU v5p": "TPU v5p",
    "NVIDIA H100 SXM5 80GB": "H100", "NVIDIA H800 SXM5": "H800", "NVIDIA H200": "H200", "Huawei Ascend 910B": "Ascend 910B", "Amazon Trainium1": "Trainium1",
}


def training_utilisation(evidence: Path) -> pd.DataFrame:
    source = read(evidence, "notable_models")
    # A share of the peak at 8 bits is no share of that at 16.
    rows = source[source["mfu"].notna() & source["training_hardware"].isin(TRAINED_ON) & (source["publication_date"] >= "2021") & (source["numerical_format"] != "FP8")]
    rows = rows.assign(chip=rows["training_hardware"].map(TRAINED_ON)).drop_duplicates(["chip", "mfu"])
    return pd.DataFrame({"model": rows["model"], "chip": rows["chip"], "utilisation": rows["mfu"], "number_format": rows["numerical_format"].fillna(""), "available_from": rows["publication_date"]}).sort_values(["available_from", "model"])


def export_chip_costs(evidence: Path) -> pd.DataFrame:
    source = read(evidence, "accelerator_tco_inferencex")
    names = {"H100 SXM": "H100", "H200 SXM": "H200", "B200 SXM": "B200", "B300 SXM": "B300", "GB200 NVL72": "GB200", "GB300 NVL72": "GB300"}
    return pd.DataFrame(
        {
            "chip": source["accelerator"].replace(names),
            "power_all_in": 1000 * source["all_in_power_kw_per_gpu"],
            "owning": source["tco_usd_per_gpu_hour_hyperscaler_owned"],
            "renting": source["rental_usd_per_gpu_hour_3yr"],
            "placeholder": source["note"].notna().map({True: "true", False: "false"}),
            "available_from": "2026-04-03",
        }
    )


TABLES = (export_chips, export_chip_reports, export_rules, inference_speeds, mlperf_llama2_70b, training_utilisation, export_chip_costs)


if __name__ == "__main__":
    run(__doc__, TABLES)
