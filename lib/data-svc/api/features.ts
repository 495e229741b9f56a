import { type Static, Type } from "@sinclair/typebox";

const flag = (description: string) => Type.Integer({ minimum: 0, maximum: 1, description });
const code = (minimum: number, maximum: number, description: string) => Type.Integer({ minimum, maximum, description });

/** The 21 survey indicators, by the rules of the table's own check (a test compares the two). */
export const Features = Type.Object(
  {
    HighBP: flag("High blood pressure."),
    HighChol: flag("High cholesterol."),
    CholCheck: flag("Cholesterol checked within five years."),
    BMI: Type.Number({ minimum: 10, maximum: 100, description: "Body mass index; may be fractional." }),
    Smoker: flag("Smoked at least 100 cigarettes."),
    Stroke: flag("Ever had a stroke."),
    HeartDiseaseorAttack: flag("Coronary heart disease or myocardial infarction."),
    PhysActivity: flag("Physical activity in the past 30 days."),
    Fruits: flag("Fruit at least once a day."),
    Veggies: flag("Vegetables at least once a day."),
    HvyAlcoholConsump: flag("Heavy drinking."),
    AnyHealthcare: flag("Any health care coverage."),
    NoDocbcCost: flag("Could not see a doctor because of cost."),
    GenHlth: code(1, 5, "General health: 1 excellent to 5 poor."),
    MentHlth: code(0, 30, "Days of poor mental health in the past 30."),
    PhysHlth: code(0, 30, "Days of poor physical health in the past 30."),
    DiffWalk: flag("Serious difficulty walking."),
    Sex: flag("0 female, 1 male."),
    Age: code(1, 13, "Age band: 1 is 18 to 24, 13 is 80 and above."),
    Education: code(1, 6, "Education level."),
    Income: code(1, 8, "Income band."),
  },
  { title: "Features", additionalProperties: false, description: "The 21 indicators of BRFSS 2015." },
);

export type Features = Static<typeof Features>;
